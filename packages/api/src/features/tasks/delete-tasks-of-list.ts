import { sql, types } from '@alice/db';
import { condition } from '../../platform/history/condition.ts';
import { updateRowsWhere } from '../../platform/history/update-rows.ts';
import type { ChangeContext } from '../../platform/history/write-context.ts';
import { tasks } from './entity.ts';

interface DeletionOfList {
  readonly listId: string;
  /** When the list was deleted, ISO 8601. */
  readonly deletedAt: string;
}

const countTasks = sql({
  name: 'tasks.countOfList',
  returns: { count: types.number },
  text: `
    SELECT count(*)::int AS count
      FROM (SELECT FROM tasks WHERE user_id = $1 AND list_id = $2 AND deleted_at IS NULL LIMIT $3) t`,
});

/** $8 list. */
const isInList = condition('where', tasks, 't.list_id = $8::uuid');

/** $8 list, $9 when both were deleted. */
const wasDeletedWithList = condition('where', tasks, 't.list_id = $8::uuid AND t.deleted_at = $9::timestamptz');

/**
 * Soft-deletes the tasks of a list, within the group that deletes the list. Returns false, without a change, if there are
 * more than `most`.
 */
export async function deleteTasksOfList(
  group: ChangeContext,
  { listId, deletedAt, most }: DeletionOfList & { readonly most: number },
): Promise<boolean> {
  const values = [group.user.id, listId, most + 1];
  const [found] = await group.deps.db.query(countTasks, values);
  if (found !== undefined && found.count > most) return false;
  await updateRowsWhere(group, tasks, {
    action: 'delete',
    set: { deletedAt },
    where: isInList,
    values: [listId],
  });
  return true;
}

/** Restores the tasks that were deleted with their list, within the group that restores the list. */
export async function restoreTasksOfList(group: ChangeContext, { listId, deletedAt }: DeletionOfList): Promise<void> {
  await updateRowsWhere(group, tasks, {
    action: 'restore',
    rows: 'all',
    set: { deletedAt: null },
    where: wasDeletedWithList,
    values: [listId, deletedAt],
  });
}
