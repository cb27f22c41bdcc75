import { z } from 'zod';
import { rowId } from '../../platform/schemas/ids.ts';
import { instant } from '../../platform/schemas/time.ts';
import { syncedEntities } from '../entities.ts';
import { changeNumber } from './schemas.ts';

const facts = {
  number: changeNumber,
  group: z
    .int()
    .nullable()
    .meta({
      description:
        'The group of the change: changes that were made as one, and can be undone as one. It is the number of the ' +
        'first of them; null for a change of its own.',
      examples: [null],
    }),
  changedAt: instant,
  action: z.string().meta({
    description: 'The action: create, update, complete, delete, undo …; `snapshot` in an initial sync.',
    examples: ['update'],
  }),
  id: rowId,
  deleted: z
    .boolean()
    .describe(
      'Remove the row from the local copy. `row` is null after a permanent deletion, and set after a soft one.',
    ),
};

type Synced = (typeof syncedEntities)[number];

/** The change of one entity. */
type ChangeOf<Of extends Synced> = z.ZodObject<
  typeof facts & { entity: z.ZodLiteral<Of['name']>; row: z.ZodNullable<Of['sync']['row']> }
>;

function changeOf<Of extends Synced>({ name, sync }: Of): ChangeOf<Of> {
  const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}Change`;
  const row: z.ZodNullable<Of['sync']['row']> = z.nullable(sync.row);
  return z.object({ ...facts, entity: z.literal<Of['name']>(name), row }).meta({ id });
}

/** Keeps the type of each element, which `map` would forget. */
type ChangesOf<Entities extends readonly Synced[]> = { -readonly [Place in keyof Entities]: ChangeOf<Entities[Place]> };

export const change = z
  .discriminatedUnion('entity', syncedEntities.map(changeOf) as unknown as ChangesOf<typeof syncedEntities>)
  .meta({ id: 'Change', description: 'A change, with the row after the change.' });

export const pulled = z.object({
  items: z.array(change),
  nextCursor: z.string().meta({ description: 'The cursor for the next pull.', examples: ['WyJjaGFuZ2VzIixbNTddXQ'] }),
  hasMore: z.boolean().describe('Whether more changes are available now.'),
  fullSyncRequired: z
    .boolean()
    .describe(
      'The changes since the cursor are no longer available: discard the local copy and pull without a cursor.',
    ),
  number: z
    .int()
    .nullable()
    .meta({
      description:
        'After this page, the local copy contains all changes up to this number; null during an initial sync.',
      examples: [57],
    }),
});

/** In their wire form. */
export type ChangeOut = z.input<typeof change>;
export type PulledOut = z.input<typeof pulled>;
/** As the SDK returns it. */
export type Change = z.output<typeof change>;
