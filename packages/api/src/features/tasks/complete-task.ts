import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { tasks } from './entity.ts';
import type { TaskChangeInput, TaskOut } from './schemas.ts';
import { toTask } from './to-task.ts';

/** Completes a task; a completed task stays unchanged. Throws NOT_FOUND and STALE_VERSION. */
export async function completeTask(ctx: UserContext, { id, expectedVersion }: TaskChangeInput): Promise<TaskOut> {
  return toTask(await updateRow(ctx, tasks, { id, action: 'complete', set: { status: 'done' }, expectedVersion }));
}
