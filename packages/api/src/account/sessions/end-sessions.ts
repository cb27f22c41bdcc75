import { afterCommit, type RunQuery } from '@alice/db';
import type { SessionEnd } from '@alice/db/models';
import type { Deps } from '../../deps.ts';
import { condition } from '../../platform/history/condition.ts';
import { updateRowsWhere } from '../../platform/history/update-rows.ts';
import { sessions } from './entity.ts';

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

/** $8 now, $9 only, $10 except. */
const isActive = condition(
  'where',
  sessions,
  `
  t.ended_at IS NULL AND t.expires_at > $8 AND ($9::uuid IS NULL OR t.id = $9) AND ($10::uuid IS NULL OR t.id <> $10)`,
);

/**
 * Revokes active sessions of a user and returns how many. Takes effect in this process at the commit, in others within
 * a second.
 */
export async function endSessions(
  deps: Pick<Deps, 'db' | 'clock' | 'sessions'>,
  which: SessionsToEnd,
  query: RunQuery,
): Promise<number> {
  const { userId, reason, by, only = null, except = null, actorId = userId } = which;
  const ctx = { deps, user: { id: userId, sessionId: by }, actorId, query };
  const ended = await updateRowsWhere(ctx, sessions, {
    action: reason,
    // `ended_at` follows from the reason.
    set: { endReason: reason },
    where: isActive,
    values: [deps.clock.now().toISOString(), only, except],
  });
  afterCommit(query, () => {
    for (const { id } of ended) deps.sessions.end(id);
  });
  return ended.length;
}
