import { rowOf, sql, types } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { updateRow, updateRows } from '../../platform/history/update-rows.ts';
import { writeGroup } from '../../platform/history/write-context.ts';
import { tasks } from './entity.ts';
import { findSubtasks } from './find-subtasks.ts';
import { refuseStructure } from './refuse-structure.ts';
import type { TaskChangeInput, TaskOut } from './schemas.ts';
import { toTask } from './to-task.ts';

const findDeletion = sql({
  name: 'tasks.findDeletion',
  returns: { ...rowOf('tasks', 'deletedAt'), isHomeless: types.boolean, isOrphan: types.boolean },
  text: `
    SELECT t.deleted_at AS "deletedAt", l.deleted_at IS NOT NULL AS "isHomeless", p.deleted_at IS NOT NULL AS "isOrphan"
      FROM tasks t LEFT JOIN lists l ON l.user_id = t.user_id AND l.id = t.list_id
      LEFT JOIN tasks p ON p.user_id = t.user_id AND p.id = t.parent_id
     WHERE t.user_id = $1 AND t.id = $2`,
});

/**
 * Restores a deleted task, and the subtasks that were deleted with it, as a group; other tasks stay unchanged. If its list
 * is deleted, it goes to the Inbox; if its parent is deleted, it no longer has one. Throws NOT_FOUND, STALE_VERSION, and
 * CONFLICT if the tree would be too deep.
 */
export function restoreTask(ctx: UserContext, { id, expectedVersion }: TaskChangeInput): Promise<TaskOut> {
  return writeGroup(ctx, async (group) => {
    const { query } = group.deps.db;
    const [deletion] = await query(findDeletion, [ctx.user.id, id]);
    const { deletedAt = null, isHomeless, isOrphan } = deletion ?? {};
    const subtasks = deletedAt === null ? [] : await findSubtasks(ctx.user.id, id, query, deletedAt);
    const own = subtasks.length === 0 ? { ...group, group: undefined } : group;
    const set = {
      deletedAt: null,
      ...(isHomeless && { listId: null }),
      ...(isOrphan && { parentId: null }),
    };
    const change = { id, action: 'restore', set, rows: 'all', expectedVersion } as const;
    const row = await updateRow(own, tasks, change).catch(refuseStructure);
    const updates = subtasks.map((subtask) => ({ id: subtask.id, set: { deletedAt: null } }));
    await updateRows(own, tasks, updates, { action: 'restore', rows: 'all' }).catch(refuseStructure);
    return toTask(row);
  });
}
