-- DropIndex
DROP INDEX "public"."tasks_user_id_list_id_position_id_idx";

-- AlterTable
ALTER TABLE "public"."tasks" DROP CONSTRAINT "tasks_position_check", ALTER COLUMN "position" DROP NOT NULL;
