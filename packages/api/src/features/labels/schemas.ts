import { z } from 'zod';
import { color } from '../../platform/schemas/color.ts';
import { id, newId, rowId } from '../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../platform/schemas/paging.ts';
import { text } from '../../platform/schemas/text.ts';
import { instant } from '../../platform/schemas/time.ts';
import { expectedVersion, version } from '../../platform/schemas/version.ts';

const name = text(1, 50)
  .refine((value) => value.trim() !== '', 'must not be blank')
  .describe('Unique among your labels, ignoring case.');

export const label = z
  .object({
    id: rowId,
    name: z.string().meta({ examples: ['errand'] }),
    color: z
      .string()
      .nullable()
      .meta({ examples: ['#3b82f6'] }),
    version,
    createdAt: instant,
    updatedAt: instant,
    deletedAt: instant.nullable().meta({ examples: [null] }),
  })
  .meta({ id: 'Label', description: 'A label of tasks. A task can have several.' });

export const exportedLabel = z
  .object(label.shape)
  .meta({ id: 'ExportedLabel', description: 'A label with its stored fields.' });

export const createLabelInput = z
  .strictObject({ id: newId.optional(), name, color: color.nullable().default(null) })
  .meta({ examples: [{ name: 'errand', color: '#3b82f6' }] });

export const updateLabelInput = z
  .strictObject({ id, expectedVersion, name: name.optional(), color: color.nullable().optional() })
  .meta({ examples: [{ color: '#ef4444' }] });

export const labelInput = z.strictObject({ id });
export const labelChangeInput = z.strictObject({ id, expectedVersion });

export const listLabelsInput = z.strictObject({
  deleted: z.boolean().default(false).describe('Return deleted labels instead of existing ones.'),
  limit,
  cursor: cursor.optional(),
});

export const labelPage = page(label);

export type CreateLabelInput = z.output<typeof createLabelInput>;
export type UpdateLabelInput = z.output<typeof updateLabelInput>;
export type LabelInput = z.output<typeof labelInput>;
export type LabelChangeInput = z.output<typeof labelChangeInput>;
export type ListLabelsInput = z.output<typeof listLabelsInput>;
/** A label in its wire form. */
export type LabelOut = z.input<typeof label>;
