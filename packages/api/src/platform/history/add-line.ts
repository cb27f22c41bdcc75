import type { RunQuery } from '@alice/db';
import type { ActivityEntity } from '@alice/db/models';

/** A line of a person's history that goes with no row of theirs. */
export interface NewLine {
  readonly userId: string;
  readonly actorId: string;
  /** The session that it came with; null where there was none. */
  readonly sessionId: string | null;
  readonly entity: ActivityEntity;
  readonly entityId: string;
  readonly action: string;
  readonly before?: object | undefined;
  readonly after?: object | undefined;
  /** ISO 8601. */
  readonly at: string;
  /** Written once for its entity, id and action: what is tried again leaves no second line. */
  readonly isOnce: boolean;
  /** No more lines of this action than `count` since then. */
  readonly atMost?: { readonly count: number; readonly since: string };
}

/**
 * $1 person, $2 now, $3 who did it, $4 session, $5 entity, $6 its id, $7 action, $8 what is, $9 at most, $10 since,
 * $11 what was, $12 whether it is written once.
 */
const statement = {
  name: 'changes.addLine',
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
};

/**
 * Takes the person's next number and writes a line under it: one statement. Gives whether it was written; it is not where
 * the person is gone. What is written once, or so many times at most, needs the person's lock from an earlier statement:
 * one that waits for the lock itself counts what there was before it waited.
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
