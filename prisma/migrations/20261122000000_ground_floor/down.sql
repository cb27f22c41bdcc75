-- DropForeignKey
ALTER TABLE "public"."change_counters" DROP CONSTRAINT "change_counters_user_id_fkey";

-- DropForeignKey
ALTER TABLE "public"."sessions" DROP CONSTRAINT "sessions_user_id_fkey";

-- DropForeignKey
ALTER TABLE "public"."activity" DROP CONSTRAINT "activity_user_id_fkey";

-- DropForeignKey
ALTER TABLE "public"."goals" DROP CONSTRAINT "goals_user_id_fkey";

-- DropForeignKey
ALTER TABLE "public"."tasks" DROP CONSTRAINT "tasks_user_id_fkey";

-- DropForeignKey
ALTER TABLE "public"."tasks" DROP CONSTRAINT "tasks_user_id_goal_id_fkey";

-- DropTable
DROP TABLE "public"."users";

-- DropTable
DROP TABLE "public"."change_counters";

-- DropTable
DROP TABLE "public"."sessions";

-- DropTable
DROP TABLE "public"."activity";

-- DropTable
DROP TABLE "public"."goals";

-- DropTable
DROP TABLE "public"."tasks";

-- DropEnum
DROP TYPE "public"."role";

-- DropEnum
DROP TYPE "public"."task_status";

-- DropEnum
DROP TYPE "public"."task_priority";

-- DropEnum
DROP TYPE "public"."goal_state";

-- DropEnum
DROP TYPE "public"."goal_progress_source";

-- DropEnum
DROP TYPE "public"."activity_entity";

-- DropEnum
DROP TYPE "public"."session_end";
