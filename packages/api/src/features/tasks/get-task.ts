import { type Statement, sql } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import type { TaskDetailsOut, TaskInput } from './schemas.ts';
import { detailsShape, selectDetails, type TaskDetailsRow, toTaskDetails } from './select-details.ts';

/** $1 user, $2 task. */
export const findTask: Statement<TaskDetailsRow> = sql({
  name: 'tasks.get',
  returns: detailsShape,
  text: selectDetails('(SELECT * FROM tasks WHERE user_id = $1 AND id = $2 AND deleted_at IS NULL) t'),
});

/** Returns one task that is not deleted. Throws NOT_FOUND. */
export async function getTask(ctx: UserContext, { id }: TaskInput): Promise<TaskDetailsOut> {
  const [row] = await ctx.deps.db.query(findTask, [ctx.user.id, id]);
  if (row === undefined) throw notFound('task');
  return toTaskDetails(row);
}
