import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { tasks } from './entity.ts';
import type { TaskOut, UpdateTaskInput } from './schemas.ts';
import { dueColumns, listColumn, toTask } from './to-task.ts';

/** Updates the given fields. Throws NOT_FOUND (for the task, its list or its goal) and STALE_VERSION. */
export async function updateTask(ctx: UserContext, input: UpdateTaskInput): Promise<TaskOut> {
  const { id, expectedVersion, due, listId, ...fields } = input;
  const set = {
    ...fields,
    ...(due === undefined ? {} : dueColumns(due)),
    ...(listId === undefined ? {} : { listId: listColumn(ctx.user.id, listId) }),
  };
  return toTask(await updateRow(ctx, tasks, { id, action: 'update', set, expectedVersion }));
}
