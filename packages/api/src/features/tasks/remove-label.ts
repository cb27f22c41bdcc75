import { rowOf, sql } from '@alice/db';
import { updateRows } from '../../platform/history/update-rows.ts';
import type { ChangeContext } from '../../platform/history/write-context.ts';
import { tasks } from './entity.ts';

/** $1 user, $2 label, $3 limit. */
const findTasks = sql({
  name: 'tasks.findOfLabel',
  returns: rowOf('tasks', 'id', 'labelIds'),
  text: `
    SELECT t.id, t.label_ids AS "labelIds"
      FROM task_labels l JOIN tasks t ON t.user_id = l.user_id AND t.id = l.task_id
     WHERE l.user_id = $1 AND l.label_id = $2 AND t.deleted_at IS NULL
     ORDER BY t.id LIMIT $3`,
});

/**
 * Takes a label off the tasks that have it, within the group that deletes the label. Deleted tasks keep it: it is left
 * out when they are restored. Returns false, without a change, if there are more than `most`.
 */
export async function removeLabel(
  group: ChangeContext,
  { labelId, most }: { readonly labelId: string; readonly most: number },
): Promise<boolean> {
  const values = [group.user.id, labelId, most + 1];
  const found = await group.deps.db.query(findTasks, values);
  if (found.length > most) return false;
  const updates = found.map(({ id, labelIds }) => ({
    id,
    set: { labelIds: labelIds.filter((own) => own !== labelId) },
  }));
  await updateRows(group, tasks, updates, { action: 'update' });
  return true;
}
