-- CreateEnum
CREATE TYPE "weekday" AS ENUM ('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday');

-- CreateEnum
CREATE TYPE "occurrence_outcome" AS ENUM ('done', 'skipped');

-- AlterTable
ALTER TABLE "tasks" ADD COLUMN     "deadline" DATE,
ADD COLUMN     "defer_until" DATE,
ADD COLUMN     "planned_for" TIMESTAMP(0),
ADD COLUMN     "recurrence" JSONB;

-- AlterTable
ALTER TABLE "users" ADD COLUMN     "week_start" "weekday" NOT NULL DEFAULT 'monday';

-- CreateTable
CREATE TABLE "occurrences" (
    "user_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "outcome" "occurrence_outcome" NOT NULL,
    "planned_date" DATE NOT NULL,
    "planned_time" TIME(0),
    "time_zone" TEXT NOT NULL,
    "completed_at" TIMESTAMPTZ(3),
    "done_on" DATE NOT NULL,
    "missed_dates" TEXT[] NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "occurrences_pkey" PRIMARY KEY ("user_id","id")
);

-- A recurring task has a due date, and the date of the schedule that it stands for.
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_recurrence_check" CHECK (
  CASE WHEN "recurrence" IS NULL THEN "planned_for" IS NULL
       ELSE "planned_for" IS NOT NULL AND "due_date" IS NOT NULL AND jsonb_typeof("recurrence") = 'object' END);

ALTER TABLE "occurrences"
    ADD CONSTRAINT "occurrences_completed_at_check" CHECK (("outcome" = 'done') = ("completed_at" IS NOT NULL)),
    ADD CONSTRAINT "occurrences_missed_dates_check" CHECK (cardinality("missed_dates") <= 366),
    ADD CONSTRAINT "occurrences_version_check" CHECK ("version" >= 1);

-- CreateIndex
CREATE INDEX "occurrences_user_id_task_id_planned_date_id_idx" ON "occurrences"("user_id", "task_id", "planned_date", "id");

-- CreateIndex
-- Only open tasks with a due date: the agenda reads nothing else, and other tasks cost no write of it.
CREATE INDEX "tasks_agenda_idx" ON "tasks"("user_id", "due_by", "id")
 WHERE "due_date" IS NOT NULL AND "deleted_at" IS NULL AND "status" IN ('todo', 'in_progress');

-- CreateIndex
CREATE INDEX "tasks_user_id_defer_until_idx" ON "tasks"("user_id", "defer_until") WHERE "defer_until" IS NOT NULL;

-- AddForeignKey
ALTER TABLE "occurrences" ADD CONSTRAINT "occurrences_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "occurrences" ADD CONSTRAINT "occurrences_user_id_task_id_fkey" FOREIGN KEY ("user_id", "task_id") REFERENCES "tasks"("user_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;
