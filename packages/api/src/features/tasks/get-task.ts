import { type Rows, rowOf, sql } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { selectRow } from '../../platform/history/columns.ts';
import { tasks } from './entity.ts';
import type { TaskInput, TaskOut } from './schemas.ts';
import { toTask } from './to-task.ts';

const statement = sql({
  name: 'tasks.get',
  returns: rowOf('tasks'),
  text: `SELECT ${selectRow(tasks, 't')} FROM tasks t WHERE t.user_id = $1 AND t.id = $2 AND t.deleted_at IS NULL`,
});

/** Returns one task that is not deleted. Throws NOT_FOUND. */
export async function getTask(ctx: UserContext, { id }: TaskInput): Promise<TaskOut> {
  const [row] = await ctx.deps.db.query<Rows['tasks']>(statement, [ctx.user.id, id]);
  if (row === undefined) throw notFound('task');
  return toTask(row);
}
