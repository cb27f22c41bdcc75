import { z } from 'zod';
import { id, rowId } from '../../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../../platform/schemas/paging.ts';
import { instant } from '../../../platform/schemas/time.ts';

export const taskHistoryEntry = z
  .object({
    number: z
      .int()
      .min(1)
      .meta({ description: 'The change number, for `sync.undo`.', examples: [57] }),
    group: z
      .int()
      .nullable()
      .meta({ description: 'The group of the change; null for a change of its own.', examples: [null] }),
    happenedAt: instant,
    action: z
      .string()
      .meta({ description: 'The action: create, update, complete, delete, undo …', examples: ['update'] }),
    actor: z.enum(['you', 'administrator']).meta({ description: 'Who did it.', examples: ['you'] }),
    via: z
      .object({
        kind: z.enum(['session', 'api_key']),
        id: rowId,
        name: z
          .string()
          .nullable()
          .meta({
            description: 'The name of the API key, or the User-Agent of the session.',
            examples: ['Nightly import'],
          }),
      })
      .nullable()
      .describe('The session or the API key that was used; null if it no longer exists.'),
    changes: z
      .array(
        z.object({
          field: z.string().meta({ description: 'The stored field, as in an export.', examples: ['title'] }),
          from: z.unknown().meta({ description: 'The old value; null in a new task.', examples: ['Pay'] }),
          to: z.unknown().meta({ description: 'The new value.', examples: ['Pay the rent'] }),
        }),
      )
      .describe('What changed, in the order of the fields. For a new task: the fields that are set.'),
  })
  .meta({ id: 'TaskHistoryEntry', description: 'A change of a task: who changed what, and when.' });

export const taskHistoryInput = z.strictObject({ id, limit, cursor: cursor.optional() });
export const taskHistoryPage = page(taskHistoryEntry);

export type TaskHistoryInput = z.output<typeof taskHistoryInput>;
export type TaskHistoryEntryOut = z.input<typeof taskHistoryEntry>;
