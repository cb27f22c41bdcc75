import { type Rows, type RunQuery, rowOf, sql } from '@alice/db';
import { DomainError } from '../../errors/domain-error.ts';

/** So many subtasks are changed with their task in well under a second. */
const mostSubtasks = 2000;

export type Subtask = Pick<Rows['tasks'], 'id' | 'status'>;

/** $1 user, $2 task, $3 when the subtasks were deleted; null: those that are not. */
const statement = sql({
  name: 'tasks.findSubtasks',
  returns: rowOf('tasks', 'id', 'status'),
  text: `
    WITH RECURSIVE tree AS (
      SELECT t.id, t.status, 1 AS depth FROM tasks t
       WHERE t.user_id = $1 AND t.parent_id = $2 AND t.deleted_at IS NOT DISTINCT FROM $3::timestamptz
      UNION ALL
      SELECT t.id, t.status, tree.depth + 1 FROM tree JOIN tasks t ON t.user_id = $1 AND t.parent_id = tree.id
       WHERE t.deleted_at IS NOT DISTINCT FROM $3::timestamptz
    )
    SELECT id, status FROM tree ORDER BY depth, id LIMIT ${mostSubtasks + 1}`,
});

/**
 * All subtasks below a task, parents first: those that exist, or those that were deleted at this time (ISO 8601). Lock the
 * user first. Throws CONFLICT if there are more than 2,000.
 */
export async function findSubtasks(
  userId: string,
  id: string,
  query: RunQuery,
  deletedAt: string | null = null,
): Promise<Subtask[]> {
  const found = await query(statement, [userId, id, deletedAt]);
  if (found.length > mostSubtasks) {
    throw new DomainError('CONFLICT', `The task has more than ${mostSubtasks} subtasks: move some of them first`);
  }
  return found;
}
