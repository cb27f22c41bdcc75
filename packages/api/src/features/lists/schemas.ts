import { z } from 'zod';
import { color } from '../../platform/schemas/color.ts';
import { id, newId, rowId } from '../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../platform/schemas/paging.ts';
import { text } from '../../platform/schemas/text.ts';
import { instant } from '../../platform/schemas/time.ts';
import { expectedVersion, version } from '../../platform/schemas/version.ts';

const name = text(1, 100).refine((value) => value.trim() !== '', 'must not be blank');
const never = instant.nullable().meta({ examples: [null] });

export const list = z
  .object({
    id: rowId,
    name: z.string().meta({ examples: ['Home'] }),
    color: z
      .string()
      .nullable()
      .meta({ examples: ['#3b82f6'] }),
    isInbox: z.boolean().meta({
      description: 'True for the Inbox, which holds the tasks that were given no list. Its id is the id of the user.',
      examples: [false],
    }),
    position: z.string().meta({
      description: 'The place among the lists: compare positions character by character.',
      examples: ['a1'],
    }),
    version,
    createdAt: instant,
    updatedAt: instant,
    archivedAt: never,
    deletedAt: never,
  })
  .meta({ id: 'List', description: 'A list of tasks. Each task is in exactly one.' });

export const exportedList = list
  .omit({ isInbox: true })
  .meta({ id: 'ExportedList', description: 'A list with its stored fields.' });

export const createListInput = z
  .strictObject({ id: newId.optional(), name, color: color.nullable().default(null) })
  .meta({ examples: [{ name: 'Home', color: '#3b82f6' }] });

export const updateListInput = z
  .strictObject({ id, expectedVersion, name: name.optional(), color: color.nullable().optional() })
  .meta({ examples: [{ name: 'House' }] });

export const listInput = z.strictObject({ id });
export const listChangeInput = z.strictObject({ id, expectedVersion });

export const reorderListInput = z
  .strictObject({
    id,
    expectedVersion,
    after: id.nullable().describe('The list that it shall follow; null: it becomes the first.'),
  })
  .meta({ examples: [{ after: null }] });

export const archiveListInput = z
  .strictObject({
    id,
    expectedVersion,
    archived: z.boolean().default(true).describe('False takes the list out of the archive again.'),
  })
  .meta({ examples: [{}] });

export const listListsInput = z.strictObject({
  archived: z.boolean().default(false).describe('Return archived lists instead of the others.'),
  deleted: z.boolean().default(false).describe('Return deleted lists instead of existing ones.'),
  limit,
  cursor: cursor.optional(),
});

export const listPage = page(list);

export type CreateListInput = z.output<typeof createListInput>;
export type UpdateListInput = z.output<typeof updateListInput>;
export type ReorderListInput = z.output<typeof reorderListInput>;
export type ArchiveListInput = z.output<typeof archiveListInput>;
export type ListInput = z.output<typeof listInput>;
export type ListChangeInput = z.output<typeof listChangeInput>;
export type ListListsInput = z.output<typeof listListsInput>;
/** A list in its wire form. */
export type ListOut = z.input<typeof list>;
