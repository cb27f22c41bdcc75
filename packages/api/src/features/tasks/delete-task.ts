import type { UserContext } from '../../context.ts';
import { updateRow, updateRows } from '../../platform/history/update-rows.ts';
import { writeGroup } from '../../platform/history/write-context.ts';
import { tasks } from './entity.ts';
import { findSubtasks } from './find-subtasks.ts';
import type { TaskChangeInput, TaskOut } from './schemas.ts';
import { toTask } from './to-task.ts';

/**
 * Soft-deletes a task with its subtasks, as a group: they can be restored. Throws NOT_FOUND, STALE_VERSION, and CONFLICT
 * if there are more than 2,000 subtasks.
 */
export function deleteTask(ctx: UserContext, { id, expectedVersion }: TaskChangeInput): Promise<TaskOut> {
  return writeGroup(ctx, async (group) => {
    const set = { deletedAt: group.deps.clock.now().toISOString() };
    const subtasks = await findSubtasks(ctx.user.id, id, group.deps.db.query);
    const own = subtasks.length === 0 ? { ...group, group: undefined } : group;
    // A subtask is never without its parent, so the deepest go first.
    const updates = subtasks.reverse().map((subtask) => ({ id: subtask.id, set }));
    await updateRows(own, tasks, updates, { action: 'delete' });
    return toTask(await updateRow(own, tasks, { id, action: 'delete', set, expectedVersion }));
  });
}
