import { rowOf, sql } from '@alice/db';
import { z } from 'zod';
import type { UserContext } from '../../context.ts';
import { selectRow } from '../../platform/history/columns.ts';
import { id } from '../../platform/schemas/ids.ts';
import { decodeCursor, type Page, pageOf } from '../../platform/schemas/keyset.ts';
import { lists } from './entity.ts';
import type { ListListsInput, ListOut } from './schemas.ts';
import { toList } from './to-list.ts';

const order = 'position.asc';
const shape = z.tuple([z.string().regex(/^[0-9A-Za-z]+$/), id]);

/** $1 user, $2 deleted ones, $3 archived ones, $4 and $5 where the last page ended or null, $6 limit. */
const statement = sql({
  name: 'lists.list',
  returns: rowOf('lists'),
  text: `
    SELECT ${selectRow(lists, 't')} FROM lists t
     WHERE t.user_id = $1 AND (t.deleted_at IS NOT NULL) = $2 AND ($2 OR (t.archived_at IS NOT NULL) = $3)
       AND ($4::text IS NULL OR (t.position, t.id) > ($4, $5::uuid))
     ORDER BY t.position, t.id LIMIT $6`,
});

/** One page of the user's lists, in their order. */
export async function listLists(ctx: UserContext, input: ListListsInput): Promise<Page<ListOut>> {
  const { archived, deleted, limit, cursor } = input;
  const [position, lastId] = cursor === undefined ? [null, null] : decodeCursor(cursor, order, shape);
  const values = [ctx.user.id, deleted, archived, position, lastId, limit + 1];
  const rows = await ctx.deps.db.query(statement, values);
  return pageOf(rows, limit, toList, (last) => ({ order, values: [last.position, last.id] }));
}
