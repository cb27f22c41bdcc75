import type { UserContext } from '../../../context.ts';
import { writeGroup } from '../../../platform/history/write-context.ts';
import type { TaskChangeInput, TaskOut } from '../schemas.ts';
import { toTask } from '../to-task.ts';
import { completeOccurrence } from './complete-occurrence.ts';

/**
 * Skips the planned date of a recurring task and moves the task to its next date, as a group. Throws NOT_FOUND,
 * STALE_VERSION, and CONFLICT if the task does not repeat or is done.
 */
export function skipTask(ctx: UserContext, { id, expectedVersion }: TaskChangeInput): Promise<TaskOut> {
  return writeGroup(ctx, async (group) =>
    toTask(await completeOccurrence(group, { id, outcome: 'skipped', expectedVersion })),
  );
}
