import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { tasks } from './entity.ts';
import { refuseStructure } from './refuse-structure.ts';
import type { TaskOut, UpdateTaskInput } from './schemas.ts';
import { dueColumns, listColumn, toTask } from './to-task.ts';

/**
 * Updates the given fields. Throws NOT_FOUND (for the task, its list, its goal, a label or a blocker), STALE_VERSION, and
 * CONFLICT if a subtask or its parent would be in another list, or tasks would wait for each other.
 */
export async function updateTask(ctx: UserContext, input: UpdateTaskInput): Promise<TaskOut> {
  const { id, expectedVersion, due, listId, labels, ...fields } = input;
  const set = {
    ...fields,
    labelIds: labels,
    ...(due === undefined ? {} : dueColumns(due)),
    ...(listId === undefined ? {} : { listId: listColumn(ctx.user.id, listId) }),
  };
  const updated = updateRow(ctx, tasks, { id, action: 'update', set, expectedVersion });
  return toTask(await updated.catch(refuseStructure));
}
