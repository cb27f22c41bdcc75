-- CreateEnum
CREATE TYPE "role" AS ENUM ('user', 'admin');

-- CreateEnum
CREATE TYPE "task_status" AS ENUM ('todo', 'in_progress', 'done', 'cancelled');

-- CreateEnum
CREATE TYPE "task_priority" AS ENUM ('none', 'low', 'medium', 'high', 'urgent');

-- CreateEnum
CREATE TYPE "goal_state" AS ENUM ('active', 'paused', 'achieved', 'partial', 'missed', 'dropped');

-- CreateEnum
CREATE TYPE "goal_progress_source" AS ENUM ('manual', 'tasks');

-- CreateEnum
CREATE TYPE "activity_entity" AS ENUM ('user', 'session', 'task', 'goal');

-- CreateEnum
CREATE TYPE "session_end" AS ENUM ('logout', 'reuse');

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "password_hash" TEXT NOT NULL,
    "role" "role" NOT NULL DEFAULT 'user',
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "disabled_at" TIMESTAMPTZ(3),

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "change_counters" (
    "user_id" UUID NOT NULL,
    "number" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "change_counters_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "user_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "refresh_hash" BYTEA NOT NULL,
    "user_agent" TEXT,
    "address" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "rotated_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" "session_end",
    "version" INTEGER NOT NULL DEFAULT 1,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("user_id","id")
);

-- CreateTable
CREATE TABLE "activity" (
    "user_id" UUID NOT NULL,
    "number" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor_id" UUID NOT NULL,
    "session_id" UUID,
    "entity" "activity_entity" NOT NULL,
    "entity_id" UUID NOT NULL,
    "action" TEXT NOT NULL,
    "before" JSONB,
    "after" JSONB,

    CONSTRAINT "activity_pkey" PRIMARY KEY ("user_id","number")
);

-- CreateTable
CREATE TABLE "goals" (
    "user_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "notes" TEXT NOT NULL DEFAULT '',
    "state" "goal_state" NOT NULL DEFAULT 'active',
    "due_date" DATE,
    "progress_source" "goal_progress_source" NOT NULL DEFAULT 'manual',
    "metric_unit" TEXT NOT NULL DEFAULT '%',
    "metric_start" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "metric_target" DOUBLE PRECISION NOT NULL DEFAULT 100,
    "metric_current" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "goals_pkey" PRIMARY KEY ("user_id","id")
);

-- CreateTable
CREATE TABLE "tasks" (
    "user_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "notes" TEXT NOT NULL DEFAULT '',
    "status" "task_status" NOT NULL DEFAULT 'todo',
    "priority" "task_priority" NOT NULL DEFAULT 'none',
    "due_date" DATE,
    "due_time" TIME(0),
    "due_time_zone" TEXT,
    "due_by" TIMESTAMP(0) NOT NULL,
    "estimate_minutes" INTEGER,
    "goal_id" UUID,
    "weight" DOUBLE PRECISION NOT NULL DEFAULT 1,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "completed_at" TIMESTAMPTZ(3),
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "tasks_pkey" PRIMARY KEY ("user_id","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

-- CreateIndex
CREATE INDEX "users_disabled_at_idx" ON "users"("disabled_at");

-- CreateIndex
CREATE INDEX "sessions_ended_at_idx" ON "sessions"("ended_at");

-- CreateIndex
CREATE INDEX "activity_user_id_entity_entity_id_number_idx" ON "activity"("user_id", "entity", "entity_id", "number");

-- CreateIndex
CREATE INDEX "goals_user_id_created_at_id_idx" ON "goals"("user_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "tasks_user_id_created_at_id_idx" ON "tasks"("user_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "tasks_user_id_status_created_at_id_idx" ON "tasks"("user_id", "status", "created_at", "id");

-- CreateIndex
CREATE INDEX "tasks_user_id_due_by_id_idx" ON "tasks"("user_id", "due_by", "id");

-- CreateIndex
CREATE INDEX "tasks_user_id_priority_created_at_id_idx" ON "tasks"("user_id", "priority", "created_at", "id");

-- CreateIndex
CREATE INDEX "tasks_user_id_goal_id_idx" ON "tasks"("user_id", "goal_id");

-- CreateIndex
CREATE INDEX "tasks_user_id_completed_at_idx" ON "tasks"("user_id", "completed_at");

-- AddForeignKey
ALTER TABLE "change_counters" ADD CONSTRAINT "change_counters_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "activity" ADD CONSTRAINT "activity_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "goals" ADD CONSTRAINT "goals_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_user_id_goal_id_fkey" FOREIGN KEY ("user_id", "goal_id") REFERENCES "goals"("user_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma's schema cannot say. Each constraint has a name, which is how a fault is told apart.

-- One row per person that every mutation updates: half-empty pages keep those updates on their page and out of the index.
ALTER TABLE "change_counters" SET (fillfactor = 50);

ALTER TABLE "users"
    ADD CONSTRAINT "users_version_check" CHECK ("version" >= 1);

ALTER TABLE "change_counters"
    ADD CONSTRAINT "change_counters_number_check" CHECK ("number" >= 0);

ALTER TABLE "sessions"
    ADD CONSTRAINT "sessions_generation_check" CHECK ("generation" >= 1),
    ADD CONSTRAINT "sessions_version_check" CHECK ("version" >= 1);

ALTER TABLE "activity"
    ADD CONSTRAINT "activity_number_check" CHECK ("number" >= 1);

-- NaN and the infinities are values of DOUBLE PRECISION: a progress made of them is no number.
ALTER TABLE "goals"
    ADD CONSTRAINT "goals_title_check" CHECK (char_length("title") BETWEEN 1 AND 500),
    ADD CONSTRAINT "goals_metric_start_check" CHECK ("metric_start" > '-Infinity' AND "metric_start" < 'Infinity'),
    ADD CONSTRAINT "goals_metric_target_check" CHECK ("metric_target" > '-Infinity' AND "metric_target" < 'Infinity'),
    ADD CONSTRAINT "goals_metric_current_check" CHECK ("metric_current" > '-Infinity' AND "metric_current" < 'Infinity'),
    ADD CONSTRAINT "goals_metric_check" CHECK ("metric_start" <> "metric_target"),
    ADD CONSTRAINT "goals_version_check" CHECK ("version" >= 1);

ALTER TABLE "tasks"
    ADD CONSTRAINT "tasks_title_check" CHECK (char_length("title") BETWEEN 1 AND 500),
    ADD CONSTRAINT "tasks_due_time_check" CHECK ("due_time" IS NULL OR "due_date" IS NOT NULL),
    ADD CONSTRAINT "tasks_due_time_zone_check" CHECK ("due_time_zone" IS NULL OR "due_time" IS NOT NULL),
    ADD CONSTRAINT "tasks_estimate_minutes_check" CHECK ("estimate_minutes" >= 0),
    ADD CONSTRAINT "tasks_weight_check" CHECK ("weight" >= 0 AND "weight" < 'Infinity'),
    ADD CONSTRAINT "tasks_version_check" CHECK ("version" >= 1);
