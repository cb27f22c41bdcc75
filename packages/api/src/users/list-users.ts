import type { Rows } from '@alice/db';
import { z } from 'zod';
import { selectRow, users } from '../changes/tables.ts';
import type { UserContext } from '../context.ts';
import { id } from '../shared/ids.ts';
import { decodeCursor, encodeCursor } from '../shared/keyset.ts';
import type { AccountOut, ListUsersInput } from './schemas.ts';
import { toUser } from './to-user.ts';

const order = 'created.desc';
const shape = z.tuple([z.iso.datetime({ precision: 3 }), id]);

/** $1 and $2 where the last page ended or null, $3 how many. */
const statement = {
  name: 'users.list',
  text: `
    SELECT ${selectRow(users, 't')} FROM users t
     WHERE $1::timestamptz IS NULL OR (t.created_at, t.id) < ($1, $2::uuid)
     ORDER BY t.created_at DESC, t.id DESC LIMIT $3`,
};

/** One page of everybody who has an account, newest first: for administrators. */
export async function listUsers(
  ctx: UserContext,
  input: ListUsersInput,
): Promise<{ items: AccountOut[]; nextCursor: string | null }> {
  const [createdAt, lastId] = input.cursor === undefined ? [null, null] : decodeCursor(input.cursor, order, shape);
  const rows = await ctx.deps.db.query<Rows['users']>(statement, [createdAt, lastId, input.limit + 1]);
  const items = rows.slice(0, input.limit);
  const last = items.at(-1);
  const hasMore = rows.length > items.length && last !== undefined;
  return {
    items: items.map((row) => ({ ...toUser(row), disabledAt: row.disabledAt })),
    nextCursor: hasMore ? encodeCursor({ order, values: [last.createdAt, last.id] }) : null,
  };
}
