import { afterCommit, type RunQuery } from '@alice/db';
import type { SessionEnd } from '@alice/db/models';
import type { Deps } from '../../deps.ts';

export interface SessionsToEnd {
  readonly userId: string;
  readonly reason: SessionEnd;
  /** The session of the call, for the activity entries. */
  readonly by: string | null;
  /** Only this session. */
  readonly only?: string;
  /** All sessions except this one. */
  readonly except?: string;
  /** The actor, if it is not the user: an administrator. */
  readonly actorId?: string | undefined;
}

/**
 * $1 user, $2 reason, $3 now, $4 session of the call, $5 only, $6 except, $7 actor. One activity entry per session,
 * since each is a row of its own. `ended_at` uses the database's clock, which the session gates of all processes
 * compare with.
 */
const statement = {
  name: 'auth.endSessions',
  text: `
    WITH counter AS MATERIALIZED (
      SELECT user_id FROM change_counters WHERE user_id = $1 FOR UPDATE
    ), live AS MATERIALIZED (
      SELECT s.id, s.version FROM counter, sessions s
       WHERE s.user_id = $1 AND s.ended_at IS NULL AND s.expires_at > $3
         AND ($5::uuid IS NULL OR s.id = $5) AND ($6::uuid IS NULL OR s.id <> $6)
         FOR UPDATE OF s
    ), ending AS MATERIALIZED (
      SELECT id, row_number() OVER (ORDER BY id) AS nth, count(*) OVER () AS total FROM live
    ), ended AS (
      UPDATE sessions s
         SET end_reason = $2, ended_at = clock_timestamp(), version = s.version + 1, updated_at = $3
        FROM ending e WHERE s.user_id = $1 AND s.id = e.id
      RETURNING s.id, s.version, s.ended_at, e.nth, e.total
    ), numbered AS (
      UPDATE change_counters SET number = number + (SELECT count(*) FROM ending)
       WHERE user_id = $1 AND EXISTS (SELECT FROM ending)
      RETURNING number
    ), line AS (
      INSERT INTO activity (user_id, number, at, actor_id, session_id, entity, entity_id, action, before, after)
      SELECT $1, n.number - e.total + e.nth, $3, $7, $4, 'session', e.id, $2::session_end::text,
             jsonb_build_object('version', e.version - 1, 'end_reason', NULL, 'ended_at', NULL),
             jsonb_build_object('version', e.version, 'end_reason', $2::session_end::text, 'ended_at', to_jsonb(e.ended_at))
        FROM numbered n, ended e
    )
    SELECT id FROM ended`,
};

/**
 * Revokes active sessions of a user and returns how many. Takes effect in this process at the commit, in others within
 * a second.
 */
export async function endSessions(
  { clock, sessions }: Pick<Deps, 'clock' | 'sessions'>,
  which: SessionsToEnd,
  query: RunQuery,
): Promise<number> {
  const { userId, reason, by, only = null, except = null, actorId = userId } = which;
  const now = clock.now().toISOString();
  const ended = await query<{ id: string }>(statement, [userId, reason, now, by, only, except, actorId]);
  afterCommit(query, () => {
    for (const { id } of ended) sessions.end(id);
  });
  return ended.length;
}
