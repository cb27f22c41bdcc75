import { z } from 'zod';
import { goal, progressSource } from '../goals/schemas.ts';
import { cursor, limit } from '../shared/paging.ts';
import { instant } from '../shared/time.ts';
import { task } from '../tasks/schemas.ts';
import { user } from '../users/schemas.ts';

/** Counts a person's changes from 1. */
export const changeNumber = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

/** A goal as it is kept: its progress follows from its tasks, which are synced themselves. */
export const syncedGoal = goal.omit({ progress: true }).extend({ progressSource });

const facts = {
  number: changeNumber,
  changedAt: instant,
  /** What was done: create, update, complete, delete, undo …; `snapshot` for a row of a first sync. */
  action: z.string(),
  id: z.string(),
  /** It is to be taken out of a copy: deleted softly (then `row` shows it), or gone for good (then `row` is null). */
  deleted: z.boolean(),
};

/** One change, with the row as that change left it. */
export const change = z.discriminatedUnion('entity', [
  z.object({ ...facts, entity: z.literal('user'), row: user.nullable() }),
  z.object({ ...facts, entity: z.literal('goal'), row: syncedGoal.nullable() }),
  z.object({ ...facts, entity: z.literal('task'), row: task.nullable() }),
]);

export const pullInput = z.strictObject({
  /** Where the last pull ended; without one, everything there is comes first. */
  cursor: cursor.optional(),
  limit,
});

export const pulled = z.object({
  items: z.array(change),
  /** Where the next pull begins, be it now or later. */
  nextCursor: z.string(),
  hasMore: z.boolean(),
  /** The changes since the cursor are gone: drop the copy and pull without one. */
  fullSyncRequired: z.boolean(),
  /** The number up to which a copy is complete once this page is applied; null before the end of a first sync. */
  number: z.int().nullable(),
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
export type SyncedGoalOut = z.input<typeof syncedGoal>;
/** As the SDK hands it out. */
export type Change = z.output<typeof change>;
