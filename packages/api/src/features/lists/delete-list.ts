import type { UserContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { writeGroup } from '../../platform/history/write-context.ts';
import { deleteTasksOfList } from '../tasks/delete-tasks-of-list.ts';
import { lists } from './entity.ts';
import { refuseInbox } from './refuse-inbox.ts';
import type { ListChangeInput, ListOut } from './schemas.ts';
import { toList } from './to-list.ts';

/** So many tasks are deleted with their list in well under a second. */
const mostTasks = 2000;

/**
 * Soft-deletes a list and its tasks, as a group. Throws NOT_FOUND, STALE_VERSION, and CONFLICT for the Inbox and for a
 * list of more than 2,000 tasks.
 */
export function deleteList(ctx: UserContext, { id, expectedVersion }: ListChangeInput): Promise<ListOut> {
  refuseInbox(ctx, id, 'deleted');
  return writeGroup(ctx, async (group) => {
    const deletedAt = group.deps.clock.now().toISOString();
    const row = await updateRow(group, lists, { id, action: 'delete', set: { deletedAt }, expectedVersion });
    if (!(await deleteTasksOfList(group, { listId: id, deletedAt, most: mostTasks }))) {
      throw new DomainError('CONFLICT', `The list has more than ${mostTasks} tasks: move or delete some of them first`);
    }
    return toList(row);
  });
}
