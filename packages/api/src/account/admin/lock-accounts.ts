import type { Rows, RunQuery } from '@alice/db';
import { selectRow } from '../../platform/history/table.ts';
import { users } from '../profile/entity.ts';

/** Every change of a person's begins with their counter; those of several take theirs in one order, so that none waits for another in a ring. */
const lock = {
  name: 'users.lock',
  text: 'SELECT user_id FROM change_counters WHERE user_id = ANY ($1::uuid[]) ORDER BY user_id FOR UPDATE',
};

const find = {
  name: 'users.locked',
  text: `SELECT ${selectRow(users, 't')} FROM users t WHERE t.id = ANY ($1::uuid[])`,
};

/** People as they stand, by id: nobody else changes them before the transaction ends. Who is not there is not given. */
export async function lockAccounts(query: RunQuery, ids: readonly string[]): Promise<Map<string, Rows['users']>> {
  await query(lock, [ids]);
  const rows = await query<Rows['users']>(find, [ids]);
  return new Map(rows.map((row) => [row.id, row]));
}
