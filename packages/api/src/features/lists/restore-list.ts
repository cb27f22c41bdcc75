import { rowOf, sql } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { writeGroup } from '../../platform/history/write-context.ts';
import { restoreTasksOfList } from '../tasks/delete-tasks-of-list.ts';
import { lists } from './entity.ts';
import type { ListChangeInput, ListOut } from './schemas.ts';
import { toList } from './to-list.ts';

const findDeletion = sql({
  name: 'lists.findDeletion',
  returns: rowOf('lists', 'deletedAt'),
  text: 'SELECT deleted_at AS "deletedAt" FROM lists WHERE user_id = $1 AND id = $2',
});

/**
 * Restores a deleted list, and the tasks that were deleted with it, as a group. Other lists stay unchanged. Throws
 * NOT_FOUND and STALE_VERSION.
 */
export function restoreList(ctx: UserContext, { id, expectedVersion }: ListChangeInput): Promise<ListOut> {
  return writeGroup(ctx, async (group) => {
    const { query } = group.deps.db;
    const [deletion] = await query(findDeletion, [ctx.user.id, id]);
    const set = { deletedAt: null };
    const row = await updateRow(group, lists, { id, action: 'restore', set, rows: 'all', expectedVersion });
    if (deletion?.deletedAt != null) await restoreTasksOfList(group, { listId: id, deletedAt: deletion.deletedAt });
    return toList(row);
  });
}
