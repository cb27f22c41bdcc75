import { isDeepStrictEqual } from 'node:util';
import type { Rows } from '@alice/db';
import type { ActivityEntity } from '@alice/db/models';
import type { UserContext } from '../../context.ts';
import { DomainError, notFound } from '../../errors/domain-error.ts';
import { fieldName, wireFields } from '../../platform/history/table.ts';
import { updateRow } from '../../platform/history/update-row.ts';
import { canonicalTimeZone } from '../../platform/schemas/time-zone-names.ts';
import type { ChangeOut, UndoInput } from './schemas.ts';
import { type Columns, isDeleted, syncedTables } from './synced-tables.ts';

interface Line {
  readonly entity: ActivityEntity;
  readonly entityId: string;
  readonly action: string;
  /** Null if the change created the row. */
  readonly before: Columns | null;
  readonly after: Columns;
}

const findLine = {
  name: 'sync.findLine',
  text: `SELECT entity, entity_id AS "entityId", action, before, after FROM activity WHERE user_id = $1 AND number = $2`,
};

const findNumber = {
  name: 'sync.findNumber',
  text: `
    SELECT number FROM activity
     WHERE user_id = $1 AND entity = $2::activity_entity AND entity_id = $3 AND (after ->> 'version')::int = $4`,
};

/** The row may change between the read and the write: then it is read again. */
const attempts = 3;

/**
 * Undoes a change with a new one: restores the old values, or deletes the row if the change created it. The new change
 * can be undone too. Throws NOT_FOUND, and CANNOT_UNDO if a later change conflicts with it.
 */
export async function undoChange(ctx: UserContext, { number }: UndoInput): Promise<ChangeOut> {
  const [line] = await ctx.deps.db.query<Line>(findLine, [ctx.user.id, number]);
  if (line === undefined) throw notFound('change');
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await undo(ctx, line);
    } catch (error) {
      const lostRace = error instanceof DomainError && error.code === 'STALE_VERSION';
      if (!lostRace || attempt === attempts) throw error;
    }
  }
}

async function undo(ctx: UserContext, { entity, entityId, action, before, after }: Line): Promise<ChangeOut> {
  if (entity !== 'user' && entity !== 'task' && entity !== 'goal') {
    throw cannot('Security events cannot be undone');
  }
  // Undo must not restore an email address, a role or a disabled state.
  if (entity === 'user' && action !== 'update' && action !== 'undo') {
    throw cannot(
      action === 'create' ? 'Creating an account cannot be undone' : 'Security changes to an account cannot be undone',
    );
  }
  const { table, toWire, requireLinks } = syncedTables[entity];
  const current = await readCurrent(ctx, entity, entityId);
  const version = Number(current['version']);
  const set = before ?? { deleted_at: ctx.deps.clock.now().toISOString() };

  if (current['deleted_at'] != null && !('deleted_at' in after && before !== null)) {
    throw cannot(`The ${entity} is deleted`);
  }
  // The values of the change must still be there. A row that the change created may have changed since.
  const written = before === null ? [] : Object.keys(before).filter((column) => column !== 'version');
  const fields = wireFields(
    table,
    written.filter((column) => !isDeepStrictEqual(current[column], after[column])),
  );
  if (fields.length > 0) throw cannot(`These fields have changed since then: ${fields.join(', ')}`, fields);
  await requireLinks?.(ctx, set);

  const row = await updateRow(ctx, table, {
    id: entityId,
    action: 'undo',
    set: toFields(set),
    rows: 'all',
    expectedVersion: version,
  });
  if (row.version === version) throw cannot('Nothing to undo: the row already has these values');
  const [found] = await ctx.deps.db.query<{ number: number }>(findNumber, [ctx.user.id, entity, entityId, row.version]);
  if (found === undefined) throw new Error('a change has no activity entry');
  const facts = { number: found.number, changedAt: row.updatedAt, action: 'undo', entity, id: entityId };
  // The guarantee: `toWire` belongs to the table of this entity.
  return { ...facts, deleted: isDeleted(row), row: toWire(row) } as ChangeOut;
}

/** The current row in the form of activity entries. */
async function readCurrent(ctx: UserContext, entity: ChangeOut['entity'], id: string): Promise<Columns> {
  const { table, owner } = syncedTables[entity];
  const [found] = await ctx.deps.db.query<{ current: Columns }>(
    {
      name: `sync.current.${entity}`,
      text: `SELECT to_jsonb(t) AS current FROM ${table.name} t WHERE t.${owner} = $1 AND t.id = $2`,
    },
    [ctx.user.id, id],
  );
  if (found === undefined) throw cannot(`The ${entity} was permanently deleted`);
  return found.current;
}

function toFields(set: Columns): Partial<Rows[keyof Rows]> {
  const fields = Object.entries(set).filter(([column]) => column !== 'version');
  return Object.fromEntries(fields.map(([column, value]) => [fieldName(column), valueNow(column, value)]));
}

/** Old entries may contain time zone names that are no longer valid. */
function valueNow(column: string, value: unknown): unknown {
  const isZone = column === 'time_zone' || column === 'due_time_zone';
  return isZone && typeof value === 'string' ? (canonicalTimeZone(value) ?? 'UTC') : value;
}

function cannot(message: string, fields: readonly string[] = []): DomainError {
  return new DomainError('CANNOT_UNDO', message, fields.length > 0 ? { details: { fields } } : {});
}
