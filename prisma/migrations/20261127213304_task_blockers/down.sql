DROP TRIGGER "tasks_blockers_insert" ON "public"."tasks";
DROP TRIGGER "tasks_blockers_update" ON "public"."tasks";
DROP FUNCTION "public"."copy_task_blockers"();

-- DropTable
DROP TABLE "public"."task_blockers";

-- AlterTable
ALTER TABLE "public"."tasks" DROP COLUMN "blocked_by";
