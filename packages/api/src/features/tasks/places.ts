import { rowOf, type Statement, sql } from '@alice/db';
import { DomainError } from '../../errors/domain-error.ts';
import { updateRows } from '../../platform/history/update-rows.ts';
import type { ChangeContext } from '../../platform/history/write-context.ts';
import { type Position, positionBetween, positionOfNumber, spreadPositions } from '../../platform/order/position.ts';
import { tasks } from './entity.ts';
import type { TaskPlace } from './find-task.ts';

/** The tasks of a parent, or those of a list without a parent. Null is the Inbox. */
export type Siblings = Pick<TaskPlace, 'listId' | 'parentId'>;

type Place = Pick<TaskPlace, 'id' | 'position'>;

/** How many neighbours on each side get new positions where there is no room. */
const nearby = 50;
/** At most so many, if even these have no room. */
const mostSpread = 2000;

/**
 * The position behind the sibling `after`, or in front of all if it is null, for the task `id`; undefined: it is in place.
 * Deleted siblings keep theirs. Where there is no room, siblings nearby get new positions first.
 */
export async function placeAfter(
  group: ChangeContext & { readonly group: number },
  siblings: Siblings,
  after: Place | null,
  id: string,
): Promise<Position | undefined> {
  if (after?.id === id) return undefined;
  const [next] = await readSiblings(group, siblings, { from: after, direction: 'asc', limit: 1 });
  if (next?.id === id) return undefined;
  if (next === undefined) return positionOfNumber(group.group);
  return positionBetween(after?.position ?? null, next.position) ?? (await makeRoom(group, siblings, after, id));
}

async function makeRoom(group: ChangeContext, siblings: Siblings, after: Place | null, id: string): Promise<Position> {
  for (const count of [nearby, mostSpread]) {
    const sides = await Promise.all([
      after === null ? [] : readSiblings(group, siblings, { from: after, direction: 'desc', limit: count }),
      readSiblings(group, siblings, { from: after, direction: 'asc', limit: count + 1 }),
    ]);
    const [before, behind] = [sides[0].filter((place) => place.id !== id), sides[1].filter((place) => place.id !== id)];
    const first = before.length === count ? before.pop() : undefined;
    const last = behind.length >= count ? behind.pop() : undefined;
    const own = [...before.reverse(), ...(after === null ? [] : [after])];
    const positions = spreadPositions(own.length + 1 + behind.length, first?.position ?? null, last?.position ?? null);
    const position = positions?.[own.length];
    if (positions === null || position === undefined) continue;
    const updates = [...own, null, ...behind].flatMap((place, index) =>
      place === null ? [] : [{ id: place.id, set: { position: positions[index] } }],
    );
    await updateRows(group, tasks, updates, { action: 'reorder', rows: 'all' });
    return position;
  }
  throw new DomainError('CONFLICT', 'There is no room at this place: move the tasks nearby first');
}

/** Siblings before or behind one of them, the nearest first; from the first one on without it. Deleted ones, too. */
function readSiblings(
  { deps, user }: ChangeContext,
  { listId, parentId }: Siblings,
  {
    from,
    direction,
    limit,
  }: { readonly from: Place | null; readonly direction: 'asc' | 'desc'; readonly limit: number },
): Promise<Place[]> {
  const scope = parentId !== null ? 'parent' : listId !== null ? 'list' : 'inbox';
  const values = [user.id, from?.position ?? null, from?.id ?? null, limit];
  return deps.db.query(statements[scope][direction], scope === 'inbox' ? values : [...values, parentId ?? listId]);
}

const statements = {
  parent: statementsOf('parent', 't.parent_id = $5::uuid', ''),
  list: statementsOf('list', 't.list_id = $5::uuid AND t.parent_id IS NULL', ''),
  // PostgreSQL takes a column that IS NULL for no constant: only with it in the order is the index read in order.
  inbox: statementsOf('inbox', 't.list_id IS NULL AND t.parent_id IS NULL', 't.list_id '),
};

/** $1 user, $2 and $3 where to begin or null, $4 limit, $5 the parent or the list. */
function statementsOf(scope: string, where: string, first: string): Readonly<Record<'asc' | 'desc', Statement<Place>>> {
  const statement = (direction: 'asc' | 'desc') =>
    sql({
      name: `tasks.siblings.${scope}.${direction}`,
      returns: rowOf('tasks', 'id', 'position'),
      text: `
        SELECT t.id, t.position FROM tasks t
         WHERE t.user_id = $1 AND ${where}
           AND ($2::text IS NULL OR (t.position, t.id) ${direction === 'asc' ? '>' : '<'} ($2 COLLATE "C", $3::uuid))
         ORDER BY ${first === '' ? '' : `${first}${direction}, `}t.position ${direction}, t.id ${direction} LIMIT $4`,
    });
  return { asc: statement('asc'), desc: statement('desc') };
}
