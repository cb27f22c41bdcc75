import type { UserContext } from '../../context.ts';
import { updateRow, updateRows } from '../../platform/history/update-rows.ts';
import { writeGroup } from '../../platform/history/write-context.ts';
import { tasks } from './entity.ts';
import { findSubtasks } from './find-subtasks.ts';
import { completeOccurrence } from './recurrence/complete-occurrence.ts';
import { isPlain, mustMoveOn } from './recurrence/is-recurring.ts';
import type { CompleteTaskInput, TaskChangeInput, TaskOut } from './schemas.ts';
import { toTask } from './to-task.ts';

/**
 * Completes a task, and its open subtasks if asked to, as a group; a completed task stays unchanged. A recurring one
 * moves to its next date instead. Throws NOT_FOUND, STALE_VERSION, and CONFLICT if more than 2,000 subtasks would be
 * completed.
 */
export function completeTask(ctx: UserContext, { subtasks, ...input }: CompleteTaskInput): Promise<TaskOut> {
  if (subtasks === 'keep') return completeOne(ctx, input);
  return writeGroup(ctx, async (group) => {
    const all = await findSubtasks(ctx.user.id, input.id, group.deps.db.query);
    const open = all.filter(({ status }) => status !== 'done' && status !== 'cancelled');
    const updates = open.map(({ id }) => ({ id, set: { status: 'done' as const } }));
    const rows = await updateRows(group, tasks, updates, { action: 'complete', onlyIf: isPlain });
    for (const row of rows.filter(mustMoveOn)) await completeOccurrence(group, { id: row.id, outcome: 'done' });
    return completeOne(group, input);
  });
}

async function completeOne(ctx: UserContext, { id, expectedVersion }: TaskChangeInput): Promise<TaskOut> {
  const set = { status: 'done' } as const;
  // One statement for a plain task; it leaves a recurring one as it is.
  const row = await updateRow(ctx, tasks, { id, action: 'complete', set, onlyIf: isPlain, expectedVersion });
  if (!mustMoveOn(row)) return toTask(row);
  return writeGroup(ctx, async (group) =>
    toTask(await completeOccurrence(group, { id, outcome: 'done', expectedVersion })),
  );
}
