import { sql } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { tasks } from './entity.ts';
import type { TaskChangeInput, TaskOut } from './schemas.ts';
import { toTask } from './to-task.ts';

const findDeletedList = sql({
  name: 'tasks.findDeletedList',
  text: `
    SELECT FROM tasks t JOIN lists l ON l.user_id = t.user_id AND l.id = t.list_id
     WHERE t.user_id = $1 AND t.id = $2 AND l.deleted_at IS NOT NULL`,
});

/**
 * Restores a deleted task; other tasks stay unchanged. If its list is deleted, it goes to the Inbox. Throws NOT_FOUND and
 * STALE_VERSION.
 */
export function restoreTask({ deps, user }: UserContext, { id, expectedVersion }: TaskChangeInput): Promise<TaskOut> {
  return deps.db.transaction(async ({ query }) => {
    await lockPerson(user.id, query);
    const isHomeless = (await query(findDeletedList, [user.id, id])).length > 0;
    const set = isHomeless ? { deletedAt: null, listId: null } : { deletedAt: null };
    const change = { id, action: 'restore', set, rows: 'all', expectedVersion } as const;
    return toTask(await updateRow({ deps, user, query }, tasks, change));
  });
}
