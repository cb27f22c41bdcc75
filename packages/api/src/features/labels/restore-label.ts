import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { labels } from './entity.ts';
import { refuseTakenName } from './refuse-taken-name.ts';
import type { LabelChangeInput, LabelOut } from './schemas.ts';
import { toLabel } from './to-label.ts';

/**
 * Restores a deleted label, without its tasks: those come back with an undo of the deletion. Other labels stay unchanged.
 * Throws NOT_FOUND, STALE_VERSION, and CONFLICT if the name is taken.
 */
export async function restoreLabel(ctx: UserContext, { id, expectedVersion }: LabelChangeInput): Promise<LabelOut> {
  const change = { id, action: 'restore', set: { deletedAt: null }, rows: 'all', expectedVersion } as const;
  return toLabel(await updateRow(ctx, labels, change).catch(refuseTakenName));
}
