DROP TRIGGER "activity_kept" ON "public"."activity";
DROP TRIGGER "activity_kept_whole" ON "public"."activity";
DROP FUNCTION "public"."keep_activity"();

-- AlterEnum: lines about what the earlier schema does not know stay, as lines about sign-ins.
CREATE TYPE "public"."activity_entity_new" AS ENUM ('user', 'session', 'task', 'goal');
ALTER TABLE "public"."activity" ALTER COLUMN "entity" TYPE "public"."activity_entity_new" USING (
  CASE WHEN "entity"::text IN ('api_key', 'passkey', 'totp') THEN 'session' ELSE "entity"::text END::"public"."activity_entity_new");
ALTER TYPE "public"."activity_entity" RENAME TO "activity_entity_old";
ALTER TYPE "public"."activity_entity_new" RENAME TO "activity_entity";
DROP TYPE "public"."activity_entity_old";

-- AlterEnum
CREATE TYPE "public"."session_end_new" AS ENUM ('logout', 'reuse');
ALTER TABLE "public"."sessions" ALTER COLUMN "end_reason" TYPE "public"."session_end_new" USING (
  CASE WHEN "end_reason"::text IN ('revoked', 'password', 'disabled') THEN 'logout' ELSE "end_reason"::text END::"public"."session_end_new");
ALTER TYPE "public"."session_end" RENAME TO "session_end_old";
ALTER TYPE "public"."session_end_new" RENAME TO "session_end";
DROP TYPE "public"."session_end_old";

-- DropForeignKey
ALTER TABLE "public"."api_keys" DROP CONSTRAINT "api_keys_user_id_fkey";

-- DropForeignKey
ALTER TABLE "public"."passkeys" DROP CONSTRAINT "passkeys_user_id_fkey";

-- DropForeignKey
ALTER TABLE "public"."totps" DROP CONSTRAINT "totps_user_id_fkey";

-- DropForeignKey
ALTER TABLE "public"."recovery_codes" DROP CONSTRAINT "recovery_codes_user_id_fkey";

-- DropForeignKey
ALTER TABLE "public"."one_time_tokens" DROP CONSTRAINT "one_time_tokens_user_id_fkey";

-- DropIndex
DROP INDEX "public"."users_deletion_due_at_idx";

-- AlterTable
ALTER TABLE "public"."users" DROP COLUMN "deletion_due_at",
DROP COLUMN "email_verified_at",
DROP COLUMN "password_stands_alone";

-- AlterTable
ALTER TABLE "public"."sessions" DROP COLUMN "authenticated_at";

-- DropTable
DROP TABLE "public"."api_keys";

-- DropTable
DROP TABLE "public"."passkeys";

-- DropTable
DROP TABLE "public"."totps";

-- DropTable
DROP TABLE "public"."recovery_codes";

-- DropTable
DROP TABLE "public"."one_time_tokens";

-- DropTable
DROP TABLE "public"."used_challenges";

-- DropEnum
DROP TYPE "public"."one_time_purpose";
