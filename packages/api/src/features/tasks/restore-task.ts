import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-row.ts';
import { tasks } from './entity.ts';
import type { TaskChangeInput, TaskOut } from './schemas.ts';
import { toTask } from './to-task.ts';

/** Restores a deleted task; other tasks stay unchanged. Throws NOT_FOUND and STALE_VERSION. */
export async function restoreTask(ctx: UserContext, { id, expectedVersion }: TaskChangeInput): Promise<TaskOut> {
  const set = { deletedAt: null };
  return toTask(await updateRow(ctx, tasks, { id, action: 'restore', set, rows: 'all', expectedVersion }));
}
