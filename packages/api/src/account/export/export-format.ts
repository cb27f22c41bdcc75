import { ActivityEntity } from '@alice/db/models';
import { z } from 'zod';
import type { Entity } from '../../platform/history/entity.ts';
import { rowId } from '../../platform/schemas/ids.ts';
import { instant } from '../../platform/schemas/time.ts';
import { account } from '../admin/schemas.ts';
import { accountEntities } from '../entities.ts';

const columns = z.record(z.string(), z.unknown()).nullable();

const exportedLine = z
  .object({
    number: z.int().meta({ description: "Sequence number among the user's changes, from 1.", examples: [57] }),
    happenedAt: instant,
    actorId: rowId.describe('The user who did it: the owner or an administrator.'),
    sessionId: rowId.nullable().describe('The session or the API key that was used.'),
    entity: z.enum(ActivityEntity).meta({ description: 'The entity that changed.', examples: ['task'] }),
    entityId: rowId,
    action: z.string().meta({ description: 'The action.', examples: ['update'] }),
    before: columns.meta({ description: 'The changed columns before the change.', examples: [{ title: 'Pay' }] }),
    after: columns.meta({ description: 'The changed columns after the change.', examples: [{ title: 'Pay rent' }] }),
    groupNumber: z
      .int()
      .nullable()
      .meta({
        description: 'The number of the first change of its group; null for a change of its own.',
        examples: [null],
      }),
  })
  .meta({ id: 'ExportedLine', description: 'An activity entry.' });

type Exported = Extract<Entity['export'], { readonly list: string }>;
type RuleOf<Of extends Entity> = Extract<Of['export'], Exported>;

/** The lists of these entities in an export, by name. */
export type ExportedLists<Entities extends readonly Entity[]> = {
  [Of in Entities[number] as RuleOf<Of>['list']]: z.ZodArray<RuleOf<Of>['row']>;
};

/** The entities that an export contains as lists. */
export function listed(entities: readonly Entity[]): { readonly entity: Entity; readonly rule: Exported }[] {
  return entities.flatMap((entity) => ('list' in entity.export ? [{ entity, rule: entity.export }] : []));
}

function listsOf<const Entities extends readonly Entity[]>(entities: Entities): ExportedLists<Entities> {
  const lists = listed(entities).map(({ entity, rule }) => {
    const rows = z.array(rule.row);
    return [rule.list, entity.softDeletes ? rows.describe('Deleted ones included.') : rows];
  });
  // Each list has the name and the row of its entity.
  return Object.fromEntries(lists) as ExportedLists<Entities>;
}

/** The activity entries of an export. */
export const exportedActivity = z.array(exportedLine).describe('All activity entries.');

/** All data of a user. `features`: the entities of the features. */
export function exportOf<const Features extends readonly Entity[]>(features: Features) {
  return z
    .object({
      format: z.literal('alice-export'),
      formatVersion: z.literal(1),
      exportedAt: instant,
      user: account,
      ...listsOf(features),
      ...listsOf(accountEntities),
      activity: exportedActivity,
    })
    .meta({ id: 'Export', description: 'All data of a user, as a consistent snapshot.' });
}
