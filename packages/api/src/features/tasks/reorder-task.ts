import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { writeGroup } from '../../platform/history/write-context.ts';
import { tasks } from './entity.ts';
import { findTask } from './find-task.ts';
import { placeAfter } from './places.ts';
import type { ReorderTaskInput, TaskOut } from './schemas.ts';
import { toTask } from './to-task.ts';

/**
 * Moves a task behind another one of its list and parent, or to the beginning of these. Throws NOT_FOUND, for either
 * task, and STALE_VERSION.
 */
export function reorderTask(ctx: UserContext, { id, after, expectedVersion }: ReorderTaskInput): Promise<TaskOut> {
  return writeGroup(ctx, async (group) => {
    const { query } = group.deps.db;
    const task = await findTask(ctx.user.id, id, query);
    if (task === undefined) throw notFound('task');
    const place = after === null ? null : await findTask(ctx.user.id, after, query);
    const isSibling = place === null || (place?.listId === task.listId && place.parentId === task.parentId);
    if (place === undefined || !isSibling) throw notFound('task', 'after');
    const position = await placeAfter(group, task, place, id);
    return toTask(await updateRow(group, tasks, { id, action: 'reorder', set: { position }, expectedVersion }));
  });
}
