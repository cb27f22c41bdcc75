-- AlterTable
ALTER TABLE "tasks" ADD COLUMN "parent_id" UUID;

-- CreateIndex
CREATE INDEX "tasks_user_id_parent_id_position_id_idx" ON "tasks"("user_id", "parent_id", "position", "id");

-- AddForeignKey
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_user_id_parent_id_fkey" FOREIGN KEY ("user_id", "parent_id") REFERENCES "tasks"("user_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- The rules of a tree, for every writer, undo included: no cycle, at most 5 levels, a subtask in the list of its parent, and
-- no subtask without its parent. They are checked when all rows of a statement are written. Every mutation holds its
-- user's change counter, so no other one can change the tree in the meantime.
CREATE FUNCTION "public"."check_task_tree"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  above int; height int; is_cycle boolean; parent tasks;
  failed text;
BEGIN
  IF NEW.parent_id IS NOT NULL AND NEW.deleted_at IS NULL THEN
    SELECT * INTO parent FROM tasks WHERE user_id = NEW.user_id AND id = NEW.parent_id;
    WITH RECURSIVE up AS (
      SELECT 1 AS steps, parent.id AS id, parent.parent_id AS parent_id
      UNION ALL
      SELECT up.steps + 1, t.id, t.parent_id FROM up JOIN tasks t ON t.user_id = NEW.user_id AND t.id = up.parent_id
       WHERE up.steps < 5 AND up.id <> NEW.id
    )
    SELECT max(steps), bool_or(id = NEW.id) INTO above, is_cycle FROM up;
    IF is_cycle THEN
      failed := 'tasks_cycle_check';
    ELSIF parent.deleted_at IS NOT NULL THEN
      failed := 'tasks_parent_check';
    ELSIF parent.list_id IS DISTINCT FROM NEW.list_id THEN
      failed := 'tasks_parent_list_check';
    ELSE
      height := 1;
      IF TG_OP = 'UPDATE' THEN
        WITH RECURSIVE down AS (
          SELECT 1 AS steps, NEW.id AS id
          UNION ALL
          SELECT down.steps + 1, t.id FROM down JOIN tasks t ON t.user_id = NEW.user_id AND t.parent_id = down.id
           WHERE down.steps < 6 AND t.deleted_at IS NULL
        )
        SELECT max(steps) INTO height FROM down;
      END IF;
      IF above + height > 5 THEN
        failed := 'tasks_depth_check';
      END IF;
    END IF;
  END IF;
  IF failed IS NULL AND TG_OP = 'UPDATE' AND EXISTS (
    SELECT FROM tasks t WHERE t.user_id = NEW.user_id AND t.parent_id = NEW.id AND t.deleted_at IS NULL
       AND NEW.deleted_at IS NOT NULL
  ) THEN
    failed := 'tasks_parent_check';
  END IF;
  IF failed IS NULL AND TG_OP = 'UPDATE' AND NEW.list_id IS DISTINCT FROM OLD.list_id AND EXISTS (
    SELECT FROM tasks t WHERE t.user_id = NEW.user_id AND t.parent_id = NEW.id AND t.deleted_at IS NULL
       AND t.list_id IS DISTINCT FROM NEW.list_id
  ) THEN
    failed := 'tasks_parent_list_check';
  END IF;
  IF failed IS NOT NULL THEN
    RAISE EXCEPTION 'task % violates the rules of a tree', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = failed, TABLE = 'tasks';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER "tasks_tree_insert" AFTER INSERT ON "tasks" FOR EACH ROW
  WHEN (NEW."parent_id" IS NOT NULL) EXECUTE FUNCTION "public"."check_task_tree"();
CREATE TRIGGER "tasks_tree_update" AFTER UPDATE ON "tasks" FOR EACH ROW
  WHEN (NEW."parent_id" IS DISTINCT FROM OLD."parent_id" OR NEW."list_id" IS DISTINCT FROM OLD."list_id"
        OR (NEW."deleted_at" IS NULL) <> (OLD."deleted_at" IS NULL))
  EXECUTE FUNCTION "public"."check_task_tree"();
