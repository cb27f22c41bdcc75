import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { tasks } from './entity.ts';
import type { TaskChangeInput, TaskOut } from './schemas.ts';
import { toTask } from './to-task.ts';

/** Soft-deletes a task: it can be restored. Throws NOT_FOUND and STALE_VERSION. */
export async function deleteTask(ctx: UserContext, { id, expectedVersion }: TaskChangeInput): Promise<TaskOut> {
  const deletedAt = ctx.deps.clock.now().toISOString();
  return toTask(await updateRow(ctx, tasks, { id, action: 'delete', set: { deletedAt }, expectedVersion }));
}
