import { type RunQuery, sql, types } from '@alice/db';
import type { ActivityEntity } from '@alice/db/models';

/** An activity entry that belongs to none of the user's rows. */
export interface NewLine {
  readonly userId: string;
  readonly actorId: string;
  /** The session of the call; null if there was none. */
  readonly sessionId: string | null;
  readonly entity: ActivityEntity;
  readonly entityId: string;
  readonly action: string;
  readonly before?: object | undefined;
  readonly after?: object | undefined;
  /** ISO 8601. */
  readonly at: string;
  /** Written once for its entity, id and action: a retry adds no second entry. */
  readonly isOnce: boolean;
  /** At most `count` entries of this action since then. */
  readonly atMost?: { readonly count: number; readonly since: string };
}

/**
 * $1 user, $2 now, $3 actor, $4 session, $5 entity, $6 entity id, $7 action, $8 after, $9 maximum, $10 since, $11
 * before, $12 whether it is written once.
 */
const statement = sql({
  name: 'changes.addLine',
  returns: { number: types.number },
  text: `
    WITH counter AS MATERIALIZED (
      SELECT user_id FROM change_counters WHERE user_id = $1 FOR UPDATE
    ), numbered AS (
      UPDATE change_counters c SET number = c.number + 1 FROM counter
       WHERE c.user_id = $1
         AND NOT ($12::boolean AND EXISTS (SELECT FROM activity a WHERE a.user_id = $1 AND a.entity = $5::activity_entity
                            AND a.entity_id = $6 AND a.action = $7))
         AND ($9::int IS NULL
              OR $9 > (SELECT count(*) FROM activity a WHERE a.user_id = $1 AND a.entity = $5::activity_entity
                          AND a.action = $7 AND a.at > $10::timestamptz))
      RETURNING c.number
    )
    INSERT INTO activity (user_id, number, at, actor_id, session_id, entity, entity_id, action, before, after)
    SELECT $1, number, $2, $3, $4, $5::activity_entity, $6, $7, $11::jsonb, $8::jsonb FROM numbered
    RETURNING number`,
});

/**
 * Takes the user's next change number and writes an activity entry, in one statement. Returns whether it was written;
 * it is not if the user no longer exists. With a maximum, or to write once, lock the user in an earlier statement: a
 * statement that waits for the lock itself counts only what existed before it waited.
 */
export async function addLine(query: RunQuery, line: NewLine): Promise<boolean> {
  const { userId, at, actorId, sessionId, entity, entityId, action, before, after, isOnce, atMost } = line;
  const written = await query(statement, [
    userId,
    at,
    actorId,
    sessionId,
    entity,
    entityId,
    action,
    toJson(after),
    atMost?.count ?? null,
    atMost?.since ?? null,
    toJson(before),
    isOnce,
  ]);
  return written.length === 1;
}

function toJson(fields: object | undefined): string | null {
  return fields === undefined ? null : JSON.stringify(fields);
}
