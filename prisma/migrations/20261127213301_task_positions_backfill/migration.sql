-- A migration of its own: it locks rows and not the table, so that other tasks can be read and written meanwhile. Keys
-- that begin with "k" sort before those of new tasks, which begin with "l".
UPDATE "tasks" t SET "position" = 'k' || lpad(o."place"::text, 11, '0')
  FROM (
    SELECT "user_id", "id", row_number() OVER (PARTITION BY "user_id" ORDER BY "created_at", "id") AS "place" FROM "tasks"
  ) o
 WHERE t."user_id" = o."user_id" AND t."id" = o."id" AND t."position" IS NULL;
