-- AlterEnum: entries about what the earlier schema does not know stay, as entries about sign-ins.
CREATE TYPE "public"."activity_entity_new" AS ENUM ('user', 'session', 'task', 'goal', 'api_key', 'passkey', 'totp', 'list', 'occurrence');
ALTER TABLE "public"."activity" ALTER COLUMN "entity" TYPE "public"."activity_entity_new" USING (
  CASE WHEN "entity"::text = 'label' THEN 'session' ELSE "entity"::text END::"public"."activity_entity_new");
ALTER TYPE "public"."activity_entity" RENAME TO "activity_entity_old";
ALTER TYPE "public"."activity_entity_new" RENAME TO "activity_entity";
DROP TYPE "public"."activity_entity_old";
