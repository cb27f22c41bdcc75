import { type RunQuery, rowOf, sql, types } from '@alice/db';
import { updateRows } from '../../platform/history/update-rows.ts';
import type { ChangeContext } from '../../platform/history/write-context.ts';
import { positionBetween, spreadPositions } from '../../platform/order/position.ts';
import { lists } from './entity.ts';

/** A list and its place. Deleted lists keep theirs, for when they are restored. */
export interface Place {
  readonly id: string;
  readonly position: string;
  readonly isDeleted: boolean;
}

const statement = sql({
  name: 'lists.places',
  returns: { ...rowOf('lists', 'id', 'position'), isDeleted: types.boolean },
  text: `
    SELECT id, position, deleted_at IS NOT NULL AS "isDeleted" FROM lists WHERE user_id = $1 ORDER BY position, id`,
});

/** All lists of the user in their order. Lock the user first. */
export function readPlaces(userId: string, query: RunQuery): Promise<Place[]> {
  return query(statement, [userId]);
}

/**
 * The position behind the list `after`, or in front of all if it is null. Where there is no room for one, every list gets
 * a new position first.
 */
export async function placeAfter(ctx: ChangeContext, places: readonly Place[], after: string | null): Promise<string> {
  const index = after === null ? -1 : places.findIndex(({ id }) => id === after);
  const found = positionBetween(places[index]?.position ?? null, places[index + 1]?.position ?? null);
  if (found !== null) return found;
  const spread = spreadPositions(places.length + 1);
  const others = spread.filter((_, place) => place !== index + 1);
  const updates = places.map(({ id }, place) => ({ id, set: { position: others[place] } }));
  await updateRows(ctx, lists, updates, { action: 'reorder', rows: 'all' });
  // There is one position more than there are lists.
  return spread[index + 1] as string;
}
