import { z } from 'zod';
import { user } from '../../account/profile/schemas.ts';
import { rowId } from '../../platform/schemas/ids.ts';
import { cursor, limit } from '../../platform/schemas/paging.ts';
import { instant } from '../../platform/schemas/time.ts';
import { syncedGoal } from '../goals/schemas.ts';
import { task } from '../tasks/schemas.ts';

export const changeNumber = z
  .int()
  .min(1)
  .max(Number.MAX_SAFE_INTEGER)
  .meta({ description: "Counts a person's changes from 1.", examples: [57] });

const facts = {
  number: changeNumber,
  changedAt: instant,
  action: z.string().meta({
    description: 'What was done: create, update, complete, delete, undo …; `snapshot` for a row of a first sync.',
    examples: ['update'],
  }),
  id: rowId,
  deleted: z
    .boolean()
    .describe('Take it out of a copy: deleted softly (then `row` shows it), or gone for good (then `row` is null).'),
};

export const change = z
  .discriminatedUnion('entity', [
    z.object({ ...facts, entity: z.literal('task'), row: task.nullable() }).meta({ id: 'TaskChange' }),
    z.object({ ...facts, entity: z.literal('goal'), row: syncedGoal.nullable() }).meta({ id: 'GoalChange' }),
    z.object({ ...facts, entity: z.literal('user'), row: user.nullable() }).meta({ id: 'UserChange' }),
  ])
  .meta({ id: 'Change', description: 'One change, with the row as that change left it.' });

export const pullInput = z.strictObject({
  cursor: cursor.optional().describe('Where the last pull ended; without one, everything there is comes first.'),
  limit,
});

export const pulled = z.object({
  items: z.array(change),
  nextCursor: z
    .string()
    .meta({ description: 'Where the next pull begins, be it now or later.', examples: ['WyJjaGFuZ2VzIixbNTddXQ'] }),
  hasMore: z.boolean().describe('There is more to pull now.'),
  fullSyncRequired: z.boolean().describe('The changes since the cursor are gone: drop the copy and pull without one.'),
  number: z
    .int()
    .nullable()
    .meta({
      description: 'Up to which a copy is complete once this page is applied; null before the end of a first sync.',
      examples: [57],
    }),
});

export const liveInput = z.strictObject({
  /** The number of the last change that was seen; without one, the stream begins with the next change. */
  lastEventId: z
    .string()
    .regex(/^\d{1,15}$/, 'must be the number of a change')
    .nullish(),
});

export const undoInput = z.strictObject({ number: changeNumber });

export type PullInput = z.output<typeof pullInput>;
export type LiveInput = z.output<typeof liveInput>;
export type UndoInput = z.output<typeof undoInput>;
/** They go over the wire. */
export type ChangeOut = z.input<typeof change>;
export type PulledOut = z.input<typeof pulled>;
/** As the SDK hands it out. */
export type Change = z.output<typeof change>;
