import { type RunQuery, sql, types } from '@alice/db';
import { rowShape, selectRow } from '../../platform/history/columns.ts';
import type { RowOf } from '../../platform/history/entity.ts';
import { users } from '../profile/entity.ts';

/**
 * Every change locks the change counter of its user first. Several counters are locked in a fixed order, which avoids
 * deadlocks.
 */
const lock = sql({
  name: 'users.lock',
  returns: { user_id: types.uuid },
  text: 'SELECT user_id FROM change_counters WHERE user_id = ANY ($1::uuid[]) ORDER BY user_id FOR UPDATE',
});

const find = sql({
  name: 'users.locked',
  returns: rowShape(users),
  text: `SELECT ${selectRow(users, 't')} FROM users t WHERE t.id = ANY ($1::uuid[])`,
});

/** Users by id, locked until the end of the transaction. Unknown ids are left out. */
export async function lockAccounts(query: RunQuery, ids: readonly string[]): Promise<Map<string, RowOf<typeof users>>> {
  await query(lock, [ids]);
  const rows = await query<RowOf<typeof users>>(find, [ids]);
  return new Map(rows.map((row) => [row.id, row]));
}
