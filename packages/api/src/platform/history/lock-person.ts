import type { RunQuery } from '@alice/db';

const lock = { name: 'changes.lockPerson', text: 'SELECT FROM change_counters WHERE user_id = $1 FOR UPDATE' };

/**
 * Puts a transaction of several statements in line with the person's other changes: each statement after it sees
 * whatever those committed. Mutations of one statement lock the same row first.
 */
export async function lockPerson(userId: string, query: RunQuery): Promise<void> {
  await query(lock, [userId]);
}
