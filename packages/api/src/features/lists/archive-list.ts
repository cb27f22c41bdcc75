import type { UserContext } from '../../context.ts';
import { condition } from '../../platform/history/condition.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { lists } from './entity.ts';
import { refuseInbox } from './refuse-inbox.ts';
import type { ArchiveListInput, ListOut } from './schemas.ts';
import { toList } from './to-list.ts';

const isUnarchived = condition('onlyIf', lists, '(p.r).archived_at IS NULL');

/**
 * Archives a list, or takes it out of the archive. A list that is already there stays unchanged. Throws NOT_FOUND,
 * STALE_VERSION, and CONFLICT for the Inbox.
 */
export async function archiveList(ctx: UserContext, input: ArchiveListInput): Promise<ListOut> {
  const { id, archived, expectedVersion } = input;
  refuseInbox(ctx, id, 'archived');
  const row = await updateRow(ctx, lists, {
    id,
    action: archived ? 'archive' : 'unarchive',
    set: { archivedAt: archived ? ctx.deps.clock.now().toISOString() : null },
    onlyIf: archived ? isUnarchived : undefined,
    expectedVersion,
  });
  return toList(row);
}
