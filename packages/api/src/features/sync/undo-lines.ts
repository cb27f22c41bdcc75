import { isDeepStrictEqual } from 'node:util';
import { type ClaimedRow, claimed, databaseFault, sql, types } from '@alice/db';
import { ActivityEntity } from '@alice/db/models';
import type { UserContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { fieldName, wireFields } from '../../platform/history/columns.ts';
import { updateRows } from '../../platform/history/update-rows.ts';
import { canonicalTimeZone } from '../../platform/schemas/time-zone-names.ts';
import type { ChangeOut } from './change.ts';
import { type Columns, findSynced, forEachSynced, isDeleted, type SyncedEntity, toWire } from './synced-entities.ts';

/** An activity entry, as an undo reads it. */
export interface Line {
  readonly number: number;
  readonly entity: ActivityEntity;
  readonly entityId: string;
  readonly action: string;
  /** Null if the change created the row. */
  readonly before: Columns | null;
  readonly after: Columns;
  /** The number of the first change of its group; null for a change of its own. */
  readonly groupNumber: number | null;
}

/** Its columns. */
export const lineColumns =
  'number, entity, entity_id AS "entityId", action, before, after, group_number AS "groupNumber"';

/** Every entry of a synced table has an "after". */
export const lineShape: ClaimedRow<Line> = claimed<Line>({
  number: types.number,
  entity: types.oneOf(Object.values(ActivityEntity)),
  entityId: types.uuid,
  action: types.text,
  before: types.orNull(types.json<Columns>()),
  after: types.orNull(types.json<Columns>()),
  groupNumber: types.orNull(types.number),
});

/** So many changes are undone at once, at most: a group deletes a list with 2,000 tasks. */
export const mostAtOnce = 2500;

/**
 * Undoes activity entries, which are in the order of their numbers, with new changes. Returns the last of them. Throws
 * CANNOT_UNDO, which names what stands in the way: then nothing is changed. Lock the user first.
 */
export async function undoLines(ctx: UserContext, lines: readonly Line[]): Promise<ChangeOut> {
  const byEntity = Map.groupBy(lines, ({ entity }) => entity);
  let last: ChangeOut | undefined;
  // Created rows refer to rows that were created before them, and restored rows to rows that are restored before them.
  for (const [name, own] of byEntity) {
    const entity = requireUndoable(name, own);
    const byRow = [...Map.groupBy(own, ({ entityId }) => entityId)].map(([id, ofRow]) => netEffect(id, ofRow));
    last = (await undoRows(ctx, entity, byRow)) ?? last;
  }
  if (last === undefined) throw cannot('Nothing to undo: the row already has these values');
  return last;
}

/** Throws CANNOT_UNDO for security events. */
function requireUndoable(name: ActivityEntity, lines: readonly Line[]): SyncedEntity {
  const entity = findSynced(name);
  if (entity === undefined) throw cannot('Security events cannot be undone');
  for (const { action } of lines) {
    // Undo must not restore an email address, a role or a disabled state.
    if (entity.history === 'security' && action !== 'update' && action !== 'undo') {
      throw cannot(
        action === 'create'
          ? 'Creating an account cannot be undone'
          : 'Security changes to an account cannot be undone',
      );
    }
  }
  return entity;
}

/** What several changes of one row did together. */
interface Effect {
  readonly id: string;
  /** Null if they created the row. */
  readonly before: Columns | null;
  readonly after: Columns;
}

function netEffect(id: string, lines: readonly Line[]): Effect {
  const isCreated = lines[0]?.before === null;
  // The first value before, and the last value after.
  const before = Object.assign({}, ...lines.map((line) => line.before ?? {}).reverse());
  const after = Object.assign({}, ...lines.map((line) => line.after));
  return { id, before: isCreated ? null : before, after };
}

/** Undoes the effects on rows of one entity. Returns the last change; undefined if there was nothing to do. */
async function undoRows(
  ctx: UserContext,
  entity: SyncedEntity,
  effects: readonly Effect[],
): Promise<ChangeOut | undefined> {
  const current = await readCurrent(
    ctx,
    entity,
    effects.map(({ id }) => id),
  );
  const updates: { readonly id: string; readonly set: Columns }[] = [];
  const conflicts: { readonly id: string; readonly error: DomainError }[] = [];
  for (const effect of effects) {
    const { id } = effect;
    try {
      updates.push({ id, set: toFields(entity, valuesBefore(ctx, entity, effect, current.get(id))) });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      conflicts.push({ id, error });
    }
  }
  refuseConflicts(entity, effects.length, conflicts);
  const rows = await updateRows(ctx, entity, updates, { action: 'undo', rows: 'all' }).catch(refuseValues);
  const changed = (rows as readonly unknown[] as readonly UndoneRow[]).filter(
    ({ changeNumber }) => changeNumber !== null,
  );
  const row = changed.at(-1);
  if (row === undefined) return undefined;
  const facts = { number: row.changeNumber, group: ctx.group ?? null, changedAt: row.updatedAt, action: 'undo' };
  // `toWire` belongs to the table of this entity.
  return { ...facts, entity: entity.name, id: row.id, deleted: isDeleted(row), row: toWire(entity, row) } as ChangeOut;
}

/** Throws the CANNOT_UNDO of the first conflict, with all rows that are in the way. */
function refuseConflicts(
  { name }: SyncedEntity,
  count: number,
  conflicts: readonly { readonly id: string; readonly error: DomainError }[],
): void {
  const [first] = conflicts;
  if (first === undefined) return;
  if (count === 1) throw first.error;
  const { message, details } = first.error;
  const rows = conflicts.slice(0, mostNamed).map(({ id }) => `${name} ${id}`);
  const more = conflicts.length === 1 ? '' : `, and ${conflicts.length - 1} more rows are in the way`;
  throw new DomainError('CANNOT_UNDO', `${message}${more}`, { details: { ...details, rows } });
}

/** An error names so many rows. */
const mostNamed = 20;

interface UndoneRow {
  readonly id: string;
  readonly updatedAt: string;
  readonly changeNumber: number | null;
}

/** The columns to restore. Throws CANNOT_UNDO if the row no longer has the values that the change wrote. */
function valuesBefore(
  { deps }: UserContext,
  entity: SyncedEntity,
  { before, after }: Effect,
  current: Columns | undefined,
): Columns {
  if (current === undefined) throw cannot(`The ${entity.noun} was permanently deleted`);
  if (current['deleted_at'] != null && !(before !== null && 'deleted_at' in after)) {
    throw cannot(`The ${entity.noun} is deleted`);
  }
  if (before === null) return { deleted_at: deps.clock.now().toISOString() };
  const written = Object.keys(before).filter((column) => column !== 'version');
  const fields = wireFields(
    entity,
    written.filter((column) => !isDeepStrictEqual(current[entity.formerColumns[column] ?? column], after[column])),
  );
  if (fields.length > 0) throw cannot(`These fields have changed since then: ${fields.join(', ')}`, fields);
  return before;
}

const currentOf = forEachSynced(currentStatement);

/** $1 user, $2 ids. */
function currentStatement({ name, table, owner }: SyncedEntity) {
  return sql({
    name: `sync.current.${name}`,
    returns: { id: types.uuid, current: types.json<Columns>() },
    text: `SELECT t.id, to_jsonb(t) AS current FROM ${table} t WHERE t.${owner} = $1 AND t.id = ANY ($2::uuid[])`,
  });
}

/** The current rows in the form of activity entries, by id. */
async function readCurrent(
  ctx: UserContext,
  entity: SyncedEntity,
  ids: readonly string[],
): Promise<Map<string, Columns>> {
  const found = await ctx.deps.db.query(currentOf(entity.name), [ctx.user.id, ids]);
  return new Map(found.map(({ id, current }) => [id, current]));
}

function toFields({ formerColumns }: SyncedEntity, set: Columns): Readonly<Record<string, unknown>> {
  const fields = Object.entries(set).filter(([column]) => column !== 'version');
  return Object.fromEntries(
    fields.map(([stored, value]) => {
      const column = formerColumns[stored] ?? stored;
      return [fieldName(column), valueNow(column, value)];
    }),
  );
}

/** Old entries may contain time zone names that are no longer valid. */
function valueNow(column: string, value: unknown): unknown {
  const isZone = column === 'time_zone' || column === 'due_time_zone';
  return isZone && typeof value === 'string' ? (canonicalTimeZone(value) ?? 'UTC') : value;
}

/** A restored value may refer to a row that has been deleted, or be one that the row cannot have: an Inbox that is deleted. */
function refuseValues(error: unknown): never {
  const kind = databaseFault(error)?.kind;
  if (kind === 'unique') throw cannot('The row cannot have its old name: it is taken');
  if (kind === 'check') throw cannot('The row cannot have the values from before the change');
  if (error instanceof DomainError && error.code === 'NOT_FOUND' && error.errors.length > 0) {
    const fields = error.errors.map(({ path }) => path.replace(/^\d+\./, ''));
    throw cannot(`${error.message}: it is deleted`, fields);
  }
  throw error;
}

export function cannot(message: string, fields: readonly string[] = []): DomainError {
  return new DomainError('CANNOT_UNDO', message, fields.length > 0 ? { details: { fields } } : {});
}
