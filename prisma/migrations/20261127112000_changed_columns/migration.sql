-- The names of the columns that a line changed. Kept by the database itself, so no writer can forget it. Adding it rewrites the table once.
-- AlterTable
ALTER TABLE "activity" ADD COLUMN "changed" JSONB GENERATED ALWAYS AS (jsonb_path_query_array("before", '$.keyvalue().key')) STORED;

-- With it, the first later line that changed a column is found by a few index probes, however long a row's history is.
-- DropIndex
DROP INDEX "activity_user_id_entity_entity_id_number_idx";

-- CreateIndex
CREATE INDEX "activity_user_id_entity_entity_id_changed_number_idx" ON "activity"("user_id", "entity", "entity_id", "changed", "number");
