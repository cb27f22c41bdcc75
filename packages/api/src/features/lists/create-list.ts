import { v7 as uuidv7 } from 'uuid';
import type { UserContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { createRow } from '../../platform/history/create-rows.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { lists } from './entity.ts';
import { placeAfter, readPlaces } from './places.ts';
import type { CreateListInput, ListOut } from './schemas.ts';
import { toList } from './to-list.ts';

/** More lists than this cannot be looked through, and a reorder reads all of them. */
export const mostLists = 500;

/** Creates a list, as the last one. Throws CONFLICT if the client's id is taken, or at the limit of 500 lists. */
export function createList(ctx: UserContext, { id = uuidv7(), ...fields }: CreateListInput): Promise<ListOut> {
  return ctx.deps.db.transaction(async ({ query }) => {
    await lockPerson(ctx.user.id, query);
    const places = await readPlaces(ctx.user.id, query);
    if (places.filter(({ isDeleted }) => !isDeleted).length >= mostLists) {
      throw new DomainError('CONFLICT', `You already have ${mostLists} lists: delete one first`);
    }
    const own = { ...ctx, query };
    const position = await placeAfter(own, places, places.at(-1)?.id ?? null);
    return toList(await createRow(own, lists, { ...fields, id, position, archivedAt: null, deletedAt: null }));
  });
}
