import { type RunQuery, sql, types } from '@alice/db';

const lock = sql({
  name: 'changes.lockPerson',
  returns: { number: types.number },
  text: 'SELECT number FROM change_counters WHERE user_id = $1 FOR UPDATE',
});

/**
 * Locks the user's change counter, so that the following statements of the transaction see all earlier changes of the
 * user. Mutations of one statement lock the same row first. Returns the number of the latest change; 0 if the user no
 * longer exists.
 */
export async function lockPerson(userId: string, query: RunQuery): Promise<number> {
  const [counter] = await query<{ number: number }>(lock, [userId]);
  return counter?.number ?? 0;
}
