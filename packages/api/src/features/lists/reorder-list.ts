import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { writeGroup } from '../../platform/history/write-context.ts';
import { lists } from './entity.ts';
import { placeAfter, readPlaces } from './places.ts';
import type { ListOut, ReorderListInput } from './schemas.ts';
import { toList } from './to-list.ts';

/** Moves a list behind another one, or to the beginning. Throws NOT_FOUND, for either list, and STALE_VERSION. */
export function reorderList(ctx: UserContext, { id, after, expectedVersion }: ReorderListInput): Promise<ListOut> {
  return writeGroup(ctx, async (group) => {
    const places = await readPlaces(ctx.user.id, group.deps.db.query);
    const isThere = (wanted: string) => places.some((place) => place.id === wanted && !place.isDeleted);
    if (!isThere(id)) throw notFound('list');
    if (after !== null && !isThere(after)) throw notFound('list', 'after');
    const others = places.filter((place) => place.id !== id);
    const isInPlace = after === id || places.findIndex((place) => place.id === id) === indexAfter(places, after);
    const position = isInPlace ? undefined : await placeAfter(group, others, after);
    return toList(await updateRow(group, lists, { id, action: 'reorder', set: { position }, expectedVersion }));
  });
}

function indexAfter(places: readonly { readonly id: string }[], after: string | null): number {
  return after === null ? 0 : places.findIndex((place) => place.id === after) + 1;
}
