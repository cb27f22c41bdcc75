import { rowOf, sql } from '@alice/db';
import { z } from 'zod';
import type { UserContext } from '../../../context.ts';
import { selectRow } from '../../../platform/history/columns.ts';
import { id } from '../../../platform/schemas/ids.ts';
import { decodeCursor, type Page, pageOf } from '../../../platform/schemas/keyset.ts';
import { calendarDate } from '../../../platform/schemas/time.ts';
import { requireTask } from '../require-task.ts';
import { occurrences } from './entity.ts';
import type { ListOccurrencesInput, OccurrenceOut } from './schemas.ts';
import { toOccurrence } from './to-occurrence.ts';

const order = 'planned.desc';
const shape = z.tuple([calendarDate, id]);

/** $1 user, $2 task, $3 and $4 where the last page ended or null, $5 limit. */
const statement = sql({
  name: 'tasks.occurrences',
  returns: rowOf('occurrences'),
  text: `
    SELECT ${selectRow(occurrences, 't')} FROM occurrences t
     WHERE t.user_id = $1 AND t.task_id = $2 AND t.deleted_at IS NULL
       AND ($3::date IS NULL OR (t.planned_date, t.id) < ($3, $4::uuid))
     ORDER BY t.planned_date DESC, t.id DESC LIMIT $5`,
});

/** One page of a task's completed and skipped dates, the latest first. Throws NOT_FOUND. */
export async function listOccurrences(ctx: UserContext, input: ListOccurrencesInput): Promise<Page<OccurrenceOut>> {
  const { query } = ctx.deps.db;
  const [date, lastId] = input.cursor === undefined ? [null, null] : decodeCursor(input.cursor, order, shape);
  await requireTask(ctx, input.id);
  const rows = await query(statement, [ctx.user.id, input.id, date, lastId, input.limit + 1]);
  return pageOf(rows, input.limit, toOccurrence, (last) => ({ order, values: [last.plannedDate, last.id] }));
}
