import { type Database, sql, types } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { beforeTransaction } from '../../platform/idempotency/before-transaction.ts';
import { whileLive } from './require-live.ts';

/** How long a re-authentication is regarded as recent. */
const recentMinutes = 5;

/** $1 user, $2 session, $3 the oldest recent date. Also false for an API key, which has no row here. */
const isRecent = sql({
  name: 'auth.isFresh',
  returns: { fresh: types.boolean },
  text: `
    SELECT EXISTS (SELECT FROM sessions WHERE user_id = $1 AND id = $2 AND ended_at IS NULL
                      AND coalesce(authenticated_at, created_at) > $3) AS fresh`,
});

/**
 * Throws FRESH_SIGN_IN_REQUIRED unless the session has authenticated less than five minutes ago. Returns the database for
 * the operation: its changes outlast the session, so its transactions begin only while the session is active.
 */
export async function requireRecentSignIn(ctx: UserContext): Promise<Database> {
  const { deps, user } = ctx;
  const oldest = new Date(deps.clock.now().getTime() - recentMinutes * 60_000).toISOString();
  const [found] = await beforeTransaction(ctx, ({ deps: { db } }) =>
    db.query<{ fresh: boolean }>(isRecent, [user.id, user.sessionId, oldest]),
  );
  if (found?.fresh !== true) throw new DomainError('FRESH_SIGN_IN_REQUIRED');
  return whileLive(deps.db, user);
}
