import { type Database, type RunQuery, sql } from '@alice/db';
import type { Identity } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';

/** $1 user, $2 session or API key. */
const findLive = sql({
  name: 'auth.isLive',
  text: `
    SELECT FROM sessions WHERE user_id = $1 AND id = $2 AND ended_at IS NULL
    UNION ALL SELECT FROM api_keys WHERE user_id = $1 AND id = $2 AND ended_at IS NULL`,
});

/**
 * Throws UNAUTHENTICATED if the session or API key has ended by now. The session gate may learn of it a second late,
 * and a call may take long: lasting changes must not depend on that. Call it while the user's lock is held.
 */
export async function requireLive({ id, sessionId }: Identity, query: RunQuery): Promise<void> {
  const found = await query(findLive, [id, sessionId]);
  if (found.length === 0) throw new DomainError('UNAUTHENTICATED', 'This session has ended');
}

/** A database whose transactions lock the user first and begin only with an active session. */
export function whileLive(db: Database, user: Identity): Database {
  const transaction: Database['transaction'] = (work) =>
    db.transaction(async (tx) => {
      await lockPerson(user.id, tx.query);
      await requireLive(user, tx.query);
      return work(tx);
    });
  // Not a copy: in a transaction, some properties exist only to say that they must not be used.
  return Object.create(db, { transaction: { value: transaction } });
}
