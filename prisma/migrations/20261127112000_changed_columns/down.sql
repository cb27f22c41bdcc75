DROP INDEX "activity_user_id_entity_entity_id_changed_number_idx";

CREATE INDEX "activity_user_id_entity_entity_id_number_idx" ON "activity"("user_id", "entity", "entity_id", "number");

ALTER TABLE "activity" DROP COLUMN "changed";
