import type { UserContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { writeGroup } from '../../platform/history/write-context.ts';
import { removeLabel } from '../tasks/remove-label.ts';
import { labels } from './entity.ts';
import type { LabelChangeInput, LabelOut } from './schemas.ts';
import { toLabel } from './to-label.ts';

/** A label is taken off so many tasks in well under a second. */
const mostTasks = 2000;

/**
 * Soft-deletes a label and takes it off the tasks that have it, as a group. Throws NOT_FOUND, STALE_VERSION, and CONFLICT
 * if more than 2,000 tasks have it.
 */
export function deleteLabel(ctx: UserContext, { id, expectedVersion }: LabelChangeInput): Promise<LabelOut> {
  return writeGroup(ctx, async (group) => {
    const deletedAt = group.deps.clock.now().toISOString();
    const row = await updateRow(group, labels, { id, action: 'delete', set: { deletedAt }, expectedVersion });
    if (!(await removeLabel(group, { labelId: id, most: mostTasks }))) {
      throw new DomainError('CONFLICT', `More than ${mostTasks} tasks have the label: take it off some of them first`);
    }
    return toLabel(row);
  });
}
