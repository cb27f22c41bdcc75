import { rowOf, sql } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { selectRow } from '../../platform/history/columns.ts';
import { labels } from './entity.ts';
import type { LabelInput, LabelOut } from './schemas.ts';
import { toLabel } from './to-label.ts';

const statement = sql({
  name: 'labels.get',
  returns: rowOf('labels'),
  text: `SELECT ${selectRow(labels, 't')} FROM labels t WHERE t.user_id = $1 AND t.id = $2 AND t.deleted_at IS NULL`,
});

/** Returns one label that is not deleted. Throws NOT_FOUND. */
export async function getLabel(ctx: UserContext, { id }: LabelInput): Promise<LabelOut> {
  const [row] = await ctx.deps.db.query(statement, [ctx.user.id, id]);
  if (row === undefined) throw notFound('label');
  return toLabel(row);
}
