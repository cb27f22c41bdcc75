import type { Database, RunQuery } from '@alice/db';
import type { Identity } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';

/** $1 person, $2 session or API key. */
const findLive = {
  name: 'auth.isLive',
  text: `
    SELECT FROM sessions WHERE user_id = $1 AND id = $2 AND ended_at IS NULL
    UNION ALL SELECT FROM api_keys WHERE user_id = $1 AND id = $2 AND ended_at IS NULL`,
};

/**
 * Throws UNAUTHENTICATED where what the call came with has ended by now. The gate may know of an end on another process a
 * second late, and a call may wait or work for long: what lasts is not left to that. Ask it with the person's lock held.
 */
export async function requireLive({ id, sessionId }: Identity, query: RunQuery): Promise<void> {
  const found = await query(findLive, [id, sessionId]);
  if (found.length === 0) throw new DomainError('UNAUTHENTICATED', 'This session has ended');
}

/** A database whose transactions hold the person's lock from their first statement on, and begin only for a live session. */
export function whileLive(db: Database, user: Identity): Database {
  const transaction: Database['transaction'] = (work) =>
    db.transaction(async (tx) => {
      await lockPerson(user.id, tx.query);
      await requireLive(user, tx.query);
      return work(tx);
    });
  // No copy: within a transaction some properties are there only to say that they may not be used.
  return Object.create(db, { transaction: { value: transaction } });
}
