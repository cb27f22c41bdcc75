-- CreateIndex
CREATE INDEX "tasks_user_id_list_id_position_id_idx" ON "tasks"("user_id", "list_id", "position", "id");

-- AlterTable
ALTER TABLE "tasks"
    ADD CONSTRAINT "tasks_position_check" CHECK ("position" ~ '^[0-9A-Za-z]{1,100}$'),
    ALTER COLUMN "position" SET NOT NULL;
