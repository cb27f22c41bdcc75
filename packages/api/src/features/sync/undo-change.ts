import { isDeepStrictEqual } from 'node:util';
import { claimed, databaseFault, sql, types } from '@alice/db';
import { ActivityEntity } from '@alice/db/models';
import type { UserContext } from '../../context.ts';
import { DomainError, notFound } from '../../errors/domain-error.ts';
import { fieldName, wireFields } from '../../platform/history/columns.ts';
import { updateRows } from '../../platform/history/update-rows.ts';
import { writeGroup } from '../../platform/history/write-context.ts';
import { canonicalTimeZone } from '../../platform/schemas/time-zone-names.ts';
import type { ChangeOut } from './change.ts';
import type { UndoInput } from './schemas.ts';
import { type Columns, findSynced, forEachSynced, isDeleted, type SyncedEntity, toWire } from './synced-entities.ts';

interface Line {
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

const lineColumns = 'number, entity, entity_id AS "entityId", action, before, after, group_number AS "groupNumber"';

// Every entry of a synced table has an "after".
const lineShape = claimed<Line>({
  number: types.number,
  entity: types.oneOf(Object.values(ActivityEntity)),
  entityId: types.uuid,
  action: types.text,
  before: types.orNull(types.json<Columns>()),
  after: types.orNull(types.json<Columns>()),
  groupNumber: types.orNull(types.number),
});

const findLine = sql({
  name: 'sync.findLine',
  returns: lineShape,
  text: `SELECT ${lineColumns} FROM activity WHERE user_id = $1 AND number = $2`,
});

/** A group has at most so many changes: one deletes a list with 2,000 tasks. */
const mostInGroup = 2500;

/** $1 user, $2 the number of the group. The numbers of a group follow each other. */
const findGroup = sql({
  name: 'sync.findGroup',
  returns: lineShape,
  text: `
    SELECT ${lineColumns} FROM activity
     WHERE user_id = $1 AND number >= $2 AND number < $2::bigint + ${mostInGroup} AND group_number = $2
     ORDER BY number`,
});

/**
 * Undoes a change, or a group of changes, with new ones: restores the old values, or deletes the rows that were created.
 * The new changes are a group, too, which can be undone. Returns the last of them. Throws NOT_FOUND, and CANNOT_UNDO if
 * a later change conflicts: then nothing is changed.
 */
export function undoChange(ctx: UserContext, { number, wholeGroup }: UndoInput): Promise<ChangeOut> {
  // Locked, so that nothing changes between the check and the write.
  return writeGroup(ctx, async (group) => {
    const { query } = group.deps.db;
    const [line] = await query<Line>(findLine, [ctx.user.id, number]);
    if (line === undefined) throw notFound('change');
    if (!wholeGroup || line.groupNumber === null) return undoLines({ ...group, group: undefined }, [line]);
    return undoLines(group, await query<Line>(findGroup, [ctx.user.id, line.groupNumber]));
  });
}

/** Undoes activity entries, which are in the order of their numbers. */
async function undoLines(ctx: UserContext, lines: readonly Line[]): Promise<ChangeOut> {
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
  const updates = effects.map((effect) => ({
    id: effect.id,
    set: toFields(entity, valuesBefore(ctx, entity, effect, current.get(effect.id))),
  }));
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
  if (databaseFault(error)?.kind === 'check') throw cannot('The row cannot have the values from before the change');
  if (error instanceof DomainError && error.code === 'NOT_FOUND' && error.errors.length > 0) {
    const fields = error.errors.map(({ path }) => path.replace(/^\d+\./, ''));
    throw cannot(`${error.message}: it is deleted`, fields);
  }
  throw error;
}

function cannot(message: string, fields: readonly string[] = []): DomainError {
  return new DomainError('CANNOT_UNDO', message, fields.length > 0 ? { details: { fields } } : {});
}
