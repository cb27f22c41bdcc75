DROP TRIGGER "tasks_position" ON "public"."tasks";
DROP FUNCTION "public"."place_task"();

-- AlterTable
ALTER TABLE "public"."tasks" DROP COLUMN "position";
