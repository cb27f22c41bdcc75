-- AlterTable: without a value, so that no row is rewritten. Existing tasks get theirs in the next migration.
ALTER TABLE "tasks" ADD COLUMN "position" TEXT COLLATE "C";

-- A task that comes without a position, from a server of the version before or by hand, stands behind all earlier ones of
-- its user: behind the number of the latest change (see `positionOfNumber`). Its id tells it from others of that number.
CREATE FUNCTION "public"."place_task"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  NEW.position := 'l'
    || lpad(coalesce((SELECT number FROM change_counters WHERE user_id = NEW.user_id), 0)::text, 12, '0')
    || left(replace(NEW.id::text, '-', ''), 16) || '1';
  RETURN NEW;
END $$;

CREATE TRIGGER "tasks_position" BEFORE INSERT ON "tasks" FOR EACH ROW
  WHEN (NEW."position" IS NULL) EXECUTE FUNCTION "public"."place_task"();
