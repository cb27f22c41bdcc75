import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { lists } from './entity.ts';
import type { ListOut, UpdateListInput } from './schemas.ts';
import { toList } from './to-list.ts';

/** Updates the given fields. Throws NOT_FOUND and STALE_VERSION. */
export async function updateList(ctx: UserContext, input: UpdateListInput): Promise<ListOut> {
  const { id, expectedVersion, ...set } = input;
  return toList(await updateRow(ctx, lists, { id, action: 'update', set, expectedVersion }));
}
