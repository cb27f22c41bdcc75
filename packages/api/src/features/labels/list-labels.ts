import { rowOf, sql, types } from '@alice/db';
import { z } from 'zod';
import type { UserContext } from '../../context.ts';
import { selectRow } from '../../platform/history/columns.ts';
import { id } from '../../platform/schemas/ids.ts';
import { decodeCursor, type Page, pageOf } from '../../platform/schemas/keyset.ts';
import { labels } from './entity.ts';
import type { LabelOut, ListLabelsInput } from './schemas.ts';
import { toLabel } from './to-label.ts';

const order = 'name.asc';
const shape = z.tuple([z.string(), id]);

/** Compared byte by byte, so that every server and every database sorts in the same way. */
const sortName = 'lower(t.name) COLLATE "C"';

/** $1 user, $2 deleted ones, $3 and $4 where the last page ended or null, $5 limit. */
const statement = sql({
  name: 'labels.list',
  returns: { ...rowOf('labels'), sortName: types.text },
  text: `
    SELECT ${selectRow(labels, 't')}, ${sortName} AS "sortName" FROM labels t
     WHERE t.user_id = $1 AND (t.deleted_at IS NOT NULL) = $2
       AND ($3::text IS NULL OR (${sortName}, t.id) > ($3, $4::uuid))
     ORDER BY ${sortName}, t.id LIMIT $5`,
});

/** One page of the user's labels, by name. */
export async function listLabels(ctx: UserContext, input: ListLabelsInput): Promise<Page<LabelOut>> {
  const { deleted, limit, cursor } = input;
  const [name, lastId] = cursor === undefined ? [null, null] : decodeCursor(cursor, order, shape);
  const values = [ctx.user.id, deleted, name, lastId, limit + 1];
  const rows = await ctx.deps.db.query(statement, values);
  return pageOf(rows, limit, toLabel, (last) => ({ order, values: [last.sortName, last.id] }));
}
