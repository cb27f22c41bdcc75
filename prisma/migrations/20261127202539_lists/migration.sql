-- DropForeignKey
ALTER TABLE "tasks" DROP CONSTRAINT "tasks_user_id_goal_id_fkey";

-- AlterTable
ALTER TABLE "tasks" ADD COLUMN "list_id" UUID;

-- CreateTable
CREATE TABLE "lists" (
    "user_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "color" TEXT,
    "position" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "archived_at" TIMESTAMPTZ(3),
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "lists_pkey" PRIMARY KEY ("user_id","id")
);

ALTER TABLE "lists"
    ADD CONSTRAINT "lists_name_check" CHECK (char_length("name") BETWEEN 1 AND 100),
    ADD CONSTRAINT "lists_color_check" CHECK ("color" ~ '^#[0-9a-f]{6}$'),
    ADD CONSTRAINT "lists_position_check" CHECK ("position" ~ '^[0-9A-Za-z]{1,100}$'),
    -- The Inbox can be neither archived nor deleted.
    ADD CONSTRAINT "lists_inbox_check" CHECK ("id" <> "user_id" OR ("archived_at" IS NULL AND "deleted_at" IS NULL)),
    ADD CONSTRAINT "lists_version_check" CHECK ("version" >= 1);

-- In the Inbox `list_id` is NULL.
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_list_id_check" CHECK ("list_id" <> "user_id");

-- CreateIndex
CREATE INDEX "lists_user_id_position_id_idx" ON "lists"("user_id", "position", "id");

-- CreateIndex
CREATE INDEX "tasks_user_id_list_id_created_at_id_idx" ON "tasks"("user_id", "list_id", "created_at", "id");

-- AddForeignKey
ALTER TABLE "lists" ADD CONSTRAINT "lists_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_user_id_goal_id_fkey" FOREIGN KEY ("user_id", "goal_id") REFERENCES "goals"("user_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_user_id_list_id_fkey" FOREIGN KEY ("user_id", "list_id") REFERENCES "lists"("user_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- Every user has an Inbox, whoever inserts them: also a server of the version before this migration.
CREATE FUNCTION "public"."create_inbox"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE inbox lists;
BEGIN
  INSERT INTO lists (user_id, id, name, position, created_at, updated_at)
  VALUES (NEW.id, NEW.id, 'Inbox', 'a0', NEW.created_at, NEW.created_at) RETURNING * INTO inbox;
  WITH numbered AS (
    UPDATE change_counters SET number = number + 1 WHERE user_id = NEW.id RETURNING number
  )
  INSERT INTO activity (user_id, number, at, actor_id, entity, entity_id, action, after)
  SELECT NEW.id, number, NEW.created_at, NEW.id, 'list', NEW.id, 'create', to_jsonb(inbox) - 'user_id' FROM numbered;
  RETURN NULL;
END $$;

CREATE TRIGGER "users_inbox" AFTER INSERT ON "users" FOR EACH ROW EXECUTE FUNCTION "public"."create_inbox"();

-- Those who exist get theirs.
WITH created AS (
  INSERT INTO "lists" ("user_id", "id", "name", "position", "created_at", "updated_at")
  SELECT "id", "id", 'Inbox', 'a0', now(), now() FROM "users" RETURNING *
), numbered AS (
  UPDATE "change_counters" c SET "number" = c."number" + 1 FROM created WHERE c."user_id" = created."user_id"
  RETURNING c."user_id", c."number"
)
INSERT INTO "activity" ("user_id", "number", "at", "actor_id", "entity", "entity_id", "action", "after")
SELECT n."user_id", n."number", now(), n."user_id", 'list', n."user_id", 'create', to_jsonb(created) - 'user_id'
  FROM numbered n JOIN created USING ("user_id");

-- The security history is kept whole; the history of every other entity may be pruned.
CREATE OR REPLACE FUNCTION "public"."keep_activity"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT FROM users WHERE id = OLD.user_id) THEN
      RETURN OLD;
    END IF;
    IF OLD.entity::text NOT IN ('user', 'session', 'api_key', 'passkey', 'totp')
       AND OLD.number <= (SELECT pruned_through FROM change_counters WHERE user_id = OLD.user_id) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'the history cannot be altered' USING ERRCODE = 'integrity_constraint_violation';
END $$;
