-- AlterTable
ALTER TABLE "tasks" ADD COLUMN "blocked_by" UUID[] NOT NULL DEFAULT ARRAY[]::UUID[];

-- CreateTable
CREATE TABLE "task_blockers" (
    "user_id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "blocker_id" UUID NOT NULL,

    CONSTRAINT "task_blockers_pkey" PRIMARY KEY ("user_id","task_id","blocker_id")
);

-- CreateIndex
CREATE INDEX "task_blockers_user_id_blocker_id_task_id_idx" ON "task_blockers"("user_id", "blocker_id", "task_id");

-- AddForeignKey
ALTER TABLE "task_blockers" ADD CONSTRAINT "task_blockers_user_id_task_id_fkey" FOREIGN KEY ("user_id", "task_id") REFERENCES "tasks"("user_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey: NO ACTION, so that two tasks can be deleted with their user in any order.
ALTER TABLE "task_blockers" ADD CONSTRAINT "task_blockers_user_id_blocker_id_fkey" FOREIGN KEY ("user_id", "blocker_id") REFERENCES "tasks"("user_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- The rows of `task_blockers` follow `tasks.blocked_by`, whoever writes that; and no task waits for itself. The walk reads
-- the arrays: they have their new values for all rows of the statement, their copies not yet.
CREATE FUNCTION "public"."copy_task_blockers"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF NEW.id = ANY (NEW.blocked_by) OR (TG_OP = 'UPDATE' AND EXISTS (
    WITH RECURSIVE blockers AS (
      SELECT unnest(NEW.blocked_by) AS id
      UNION
      SELECT unnest(t.blocked_by) FROM blockers b JOIN tasks t ON t.user_id = NEW.user_id AND t.id = b.id
    )
    SELECT FROM blockers WHERE id = NEW.id
  )) THEN
    RAISE EXCEPTION 'task % would wait for itself', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'tasks_blocked_by_check', TABLE = 'tasks';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM task_blockers b
     WHERE b.user_id = NEW.user_id AND b.task_id = NEW.id AND b.blocker_id <> ALL (NEW.blocked_by);
  END IF;
  INSERT INTO task_blockers (user_id, task_id, blocker_id)
  SELECT NEW.user_id, NEW.id, unnest(NEW.blocked_by) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE TRIGGER "tasks_blockers_insert" AFTER INSERT ON "tasks" FOR EACH ROW
  WHEN (NEW."blocked_by" <> '{}') EXECUTE FUNCTION "public"."copy_task_blockers"();
CREATE TRIGGER "tasks_blockers_update" AFTER UPDATE ON "tasks" FOR EACH ROW
  WHEN (NEW."blocked_by" <> OLD."blocked_by") EXECUTE FUNCTION "public"."copy_task_blockers"();
