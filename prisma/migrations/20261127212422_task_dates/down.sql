-- DropForeignKey
ALTER TABLE "public"."occurrences" DROP CONSTRAINT "occurrences_user_id_fkey";

-- DropForeignKey
ALTER TABLE "public"."occurrences" DROP CONSTRAINT "occurrences_user_id_task_id_fkey";

-- AlterTable
ALTER TABLE "public"."tasks" DROP CONSTRAINT "tasks_recurrence_check";

-- DropIndex
DROP INDEX "public"."tasks_agenda_idx";

-- DropIndex
DROP INDEX "public"."tasks_user_id_defer_until_idx";

-- AlterTable
ALTER TABLE "public"."users" DROP COLUMN "week_start";

-- AlterTable
ALTER TABLE "public"."tasks" DROP COLUMN "deadline",
DROP COLUMN "defer_until",
DROP COLUMN "planned_for",
DROP COLUMN "recurrence";

-- DropTable
DROP TABLE "public"."occurrences";

-- DropEnum
DROP TYPE "public"."weekday";

-- DropEnum
DROP TYPE "public"."occurrence_outcome";
