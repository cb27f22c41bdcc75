DROP TRIGGER "users_inbox" ON "public"."users";
DROP FUNCTION "public"."create_inbox"();

-- DropForeignKey
ALTER TABLE "public"."lists" DROP CONSTRAINT "lists_user_id_fkey";

-- DropForeignKey
ALTER TABLE "public"."tasks" DROP CONSTRAINT "tasks_user_id_goal_id_fkey";

-- DropForeignKey
ALTER TABLE "public"."tasks" DROP CONSTRAINT "tasks_user_id_list_id_fkey";

-- DropIndex
DROP INDEX "public"."tasks_user_id_list_id_created_at_id_idx";

-- AlterTable
ALTER TABLE "public"."tasks" DROP CONSTRAINT "tasks_list_id_check", DROP COLUMN "list_id";

-- DropTable
DROP TABLE "public"."lists";

-- AddForeignKey
ALTER TABLE "public"."tasks" ADD CONSTRAINT "tasks_user_id_goal_id_fkey" FOREIGN KEY ("user_id", "goal_id") REFERENCES "public"."goals"("user_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE OR REPLACE FUNCTION "public"."keep_activity"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT FROM users WHERE id = OLD.user_id) THEN
      RETURN OLD;
    END IF;
    IF OLD.entity::text IN ('task', 'goal')
       AND OLD.number <= (SELECT pruned_through FROM change_counters WHERE user_id = OLD.user_id) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'the history cannot be altered' USING ERRCODE = 'integrity_constraint_violation';
END $$;
