import { z } from 'zod';
import { id } from '../../platform/schemas/ids.ts';
import { cursor, limit } from '../../platform/schemas/paging.ts';

export const changeNumber = z
  .int()
  .min(1)
  .max(Number.MAX_SAFE_INTEGER)
  .meta({ description: "Change number: counts the user's changes from 1.", examples: [57] });

export const pullInput = z.strictObject({
  cursor: cursor.optional().describe('The `nextCursor` of the last pull. Leave it out for an initial sync.'),
  limit,
});

export const liveInput = z.strictObject({
  /** The number of the last received change. Without it, the stream starts with the next change. */
  lastEventId: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a change number')
    .nullish(),
});

export const undoInput = z
  .strictObject({
    number: changeNumber,
    wholeGroup: z
      .boolean()
      .default(false)
      .describe('Undo the whole group that the change belongs to: all of its changes, or none.'),
  })
  .meta({ examples: [{ wholeGroup: true }] });

export const undoSinceInput = z
  .strictObject({
    since: z.int().min(0).max(Number.MAX_SAFE_INTEGER).describe('A change number: all changes after it are undone.'),
    madeBy: id.describe('The session or the API key that made the changes.'),
  })
  .meta({ examples: [{ since: 57, madeBy: '019aab7e-58f0-7c3a-9d51-2b1f6c0e4a77' }] });

export type PullInput = z.output<typeof pullInput>;
export type LiveInput = z.output<typeof liveInput>;
export type UndoInput = z.output<typeof undoInput>;
export type UndoSinceInput = z.output<typeof undoSinceInput>;
