DROP TRIGGER "tasks_tree_insert" ON "public"."tasks";
DROP TRIGGER "tasks_tree_update" ON "public"."tasks";
DROP FUNCTION "public"."check_task_tree"();

-- DropForeignKey
ALTER TABLE "public"."tasks" DROP CONSTRAINT "tasks_user_id_parent_id_fkey";

-- DropIndex
DROP INDEX "public"."tasks_user_id_parent_id_position_id_idx";

-- AlterTable
ALTER TABLE "public"."tasks" DROP COLUMN "parent_id";
