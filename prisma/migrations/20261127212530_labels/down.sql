DROP TRIGGER "tasks_labels_insert" ON "public"."tasks";
DROP TRIGGER "tasks_labels_update" ON "public"."tasks";
DROP FUNCTION "public"."copy_task_labels"();

-- DropTable
DROP TABLE "public"."task_labels";

-- DropTable
DROP TABLE "public"."labels";

-- AlterTable
ALTER TABLE "public"."tasks" DROP COLUMN "label_ids";
