import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { labels } from './entity.ts';
import { refuseTakenName } from './refuse-taken-name.ts';
import type { LabelOut, UpdateLabelInput } from './schemas.ts';
import { toLabel } from './to-label.ts';

/** Updates the given fields. Throws NOT_FOUND, STALE_VERSION, and CONFLICT if the name is taken. */
export async function updateLabel(ctx: UserContext, input: UpdateLabelInput): Promise<LabelOut> {
  const { id, expectedVersion, ...set } = input;
  const updated = updateRow(ctx, labels, { id, action: 'update', set, expectedVersion });
  return toLabel(await updated.catch(refuseTakenName));
}
