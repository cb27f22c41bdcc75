-- DropForeignKey
ALTER TABLE "public"."idempotency_keys" DROP CONSTRAINT "idempotency_keys_user_id_fkey";

-- DropIndex
DROP INDEX "public"."users_created_at_id_idx";

-- DropIndex
DROP INDEX "public"."sessions_user_id_start_key_key";

-- AlterTable
ALTER TABLE "public"."change_counters" DROP COLUMN "pruned_through";

-- AlterTable
ALTER TABLE "public"."sessions" DROP COLUMN "start_hash",
DROP COLUMN "start_key";

-- DropTable
DROP TABLE "public"."idempotency_keys";
