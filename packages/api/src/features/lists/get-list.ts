import { rowOf, sql } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { selectRow } from '../../platform/history/columns.ts';
import { lists } from './entity.ts';
import type { ListInput, ListOut } from './schemas.ts';
import { toList } from './to-list.ts';

const statement = sql({
  name: 'lists.get',
  returns: rowOf('lists'),
  text: `SELECT ${selectRow(lists, 't')} FROM lists t WHERE t.user_id = $1 AND t.id = $2 AND t.deleted_at IS NULL`,
});

/** Returns one list that is not deleted. Throws NOT_FOUND. */
export async function getList(ctx: UserContext, { id }: ListInput): Promise<ListOut> {
  const [row] = await ctx.deps.db.query(statement, [ctx.user.id, id]);
  if (row === undefined) throw notFound('list');
  return toList(row);
}
