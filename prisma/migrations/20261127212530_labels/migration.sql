-- AlterTable
ALTER TABLE "tasks" ADD COLUMN "label_ids" UUID[] NOT NULL DEFAULT ARRAY[]::UUID[];

-- CreateTable
CREATE TABLE "labels" (
    "user_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "color" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "labels_pkey" PRIMARY KEY ("user_id","id")
);

ALTER TABLE "labels"
    ADD CONSTRAINT "labels_name_check" CHECK (char_length("name") BETWEEN 1 AND 50),
    ADD CONSTRAINT "labels_color_check" CHECK ("color" ~ '^#[0-9a-f]{6}$'),
    ADD CONSTRAINT "labels_version_check" CHECK ("version" >= 1);

-- CreateTable
CREATE TABLE "task_labels" (
    "user_id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "label_id" UUID NOT NULL,

    CONSTRAINT "task_labels_pkey" PRIMARY KEY ("user_id","task_id","label_id")
);

-- Prisma's schema cannot express it.
CREATE UNIQUE INDEX "labels_name_key" ON "labels"("user_id", lower("name")) WHERE "deleted_at" IS NULL;

-- CreateIndex
CREATE INDEX "task_labels_user_id_label_id_task_id_idx" ON "task_labels"("user_id", "label_id", "task_id");

-- AddForeignKey
ALTER TABLE "labels" ADD CONSTRAINT "labels_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_labels" ADD CONSTRAINT "task_labels_user_id_task_id_fkey" FOREIGN KEY ("user_id", "task_id") REFERENCES "tasks"("user_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey: NO ACTION, so that a label and its tasks can be deleted with their user in any order.
ALTER TABLE "task_labels" ADD CONSTRAINT "task_labels_user_id_label_id_fkey" FOREIGN KEY ("user_id", "label_id") REFERENCES "labels"("user_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- The rows of `task_labels` follow `tasks.label_ids`, whoever writes that. A task without labels costs no call.
CREATE FUNCTION "public"."copy_task_labels"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM task_labels l
     WHERE l.user_id = NEW.user_id AND l.task_id = NEW.id AND l.label_id <> ALL (NEW.label_ids);
  END IF;
  INSERT INTO task_labels (user_id, task_id, label_id)
  SELECT NEW.user_id, NEW.id, unnest(NEW.label_ids) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE TRIGGER "tasks_labels_insert" AFTER INSERT ON "tasks" FOR EACH ROW
  WHEN (NEW."label_ids" <> '{}') EXECUTE FUNCTION "public"."copy_task_labels"();
CREATE TRIGGER "tasks_labels_update" AFTER UPDATE ON "tasks" FOR EACH ROW
  WHEN (NEW."label_ids" <> OLD."label_ids") EXECUTE FUNCTION "public"."copy_task_labels"();
