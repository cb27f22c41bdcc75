-- DropIndex
DROP INDEX "public"."sessions_expires_at_idx";
