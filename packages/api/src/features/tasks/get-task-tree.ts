import { sql, types } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import type { TaskInput, TaskTreeOut } from './schemas.ts';
import { detailsShape, selectDetails, type TaskDetailsRow, toTaskDetails } from './select-details.ts';

const mostTasks = 500;

type TreeRow = TaskDetailsRow & { readonly depth: number };

/** $1 user, $2 task. PostgreSQL reads the tree level by level. */
const statement = sql({
  name: 'tasks.tree',
  returns: { ...detailsShape, depth: types.number },
  text: `
    WITH RECURSIVE tree AS (
      SELECT 0 AS depth, r.id FROM tasks r WHERE r.user_id = $1 AND r.id = $2 AND r.deleted_at IS NULL
      UNION ALL
      SELECT tree.depth + 1, k.id FROM tree JOIN tasks k ON k.user_id = $1 AND k.parent_id = tree.id
       WHERE k.deleted_at IS NULL
    ), page AS (SELECT depth, id FROM tree LIMIT ${mostTasks + 1})
    SELECT * FROM (${selectDetails('page JOIN tasks t ON t.user_id = $1 AND t.id = page.id', ', page.depth')}) d
     ORDER BY depth, position, id`,
});

/** Returns a task with all its subtasks, at most 500 tasks. Throws NOT_FOUND. */
export async function getTaskTree(ctx: UserContext, { id }: TaskInput): Promise<TaskTreeOut> {
  const rows = await ctx.deps.db.query(statement, [ctx.user.id, id]);
  const [root] = rows;
  if (root === undefined) throw notFound('task');
  const hasMore = rows.length > mostTasks;
  const byParent = Map.groupBy(rows.slice(1, mostTasks), ({ parentId }) => parentId);
  const withSubtasks = (row: TreeRow): TaskTreeOut['tasks'] => [
    { ...toTaskDetails(row), depth: row.depth },
    ...(byParent.get(row.id) ?? []).flatMap(withSubtasks),
  ];
  return { tasks: withSubtasks(root), hasMore };
}
