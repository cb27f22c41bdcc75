import { rowOf, sql } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { selectRow } from '../../platform/history/columns.ts';
import { tasks } from './entity.ts';
import { requireTask } from './require-task.ts';
import type { TaskInput, UnblockedTasksOut } from './schemas.ts';
import { toTask } from './to-task.ts';

const mostTasks = 100;

/** $1 user, $2 blocker. Open tasks whose only open blocker it is; none if it is done or cancelled. */
const statement = sql({
  name: 'tasks.unblocks',
  returns: rowOf('tasks'),
  text: `
    SELECT ${selectRow(tasks, 't')}
      FROM task_blockers d JOIN tasks t ON t.user_id = d.user_id AND t.id = d.task_id
     WHERE d.user_id = $1 AND d.blocker_id = $2 AND t.deleted_at IS NULL AND t.status NOT IN ('done', 'cancelled')
       AND (SELECT array_agg(b.id) FROM tasks b
             WHERE b.user_id = $1 AND b.id = ANY (t.blocked_by) AND b.deleted_at IS NULL
               AND b.status NOT IN ('done', 'cancelled')) = ARRAY[$2::uuid]
     ORDER BY t.created_at, t.id LIMIT ${mostTasks + 1}`,
});

/** The tasks that can be started once this one is completed, at most 100. Throws NOT_FOUND. */
export async function findUnblockedTasks(ctx: UserContext, { id }: TaskInput): Promise<UnblockedTasksOut> {
  const rows = await ctx.deps.db.query(statement, [ctx.user.id, id]);
  if (rows.length === 0) await requireTask(ctx, id);
  return { tasks: rows.slice(0, mostTasks).map(toTask), hasMore: rows.length > mostTasks };
}
