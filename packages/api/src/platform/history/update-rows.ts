import { type Statement, sqlFamily, types } from '@alice/db';
import { notFound } from '../../errors/domain-error.ts';
import { quoted, rowShape, secretColumns, selectRow, settableColumns } from './columns.ts';
import type { Condition } from './condition.ts';
import type { Entity, Link, NewRow, RowOf } from './entity.ts';
import { brokenLinks, linksSet, refuseBrokenLink } from './links.ts';
import { staleVersion } from './stale-version.ts';
import { toRecord } from './to-record.ts';
import { type ChangeContext, commonValues, StatementCache } from './write-context.ts';

/** The fields to set; other fields keep their values. */
export type SetFields<Of extends Entity> = { readonly [Field in keyof NewRow<Of>]?: NewRow<Of>[Field] | undefined };

/** The new values of one row. */
export interface RowUpdate<Of extends Entity> {
  readonly id: string;
  readonly set: SetFields<Of>;
  /** Fails with STALE_VERSION for any other version. */
  readonly expectedVersion?: number | undefined;
}

export interface UpdateOptions {
  /** The verb of the operation, for the activity entries. */
  readonly action: string;
  /** Which rows can be changed: by default only existing ones, or deleted ones too. */
  readonly rows?: 'live' | 'all' | undefined;
  /** A condition on `p.r`, the current row: if it is false, there is nothing to do for this row. */
  readonly onlyIf?: Condition<'onlyIf'> | undefined;
}

export type RowChange<Of extends Entity> = RowUpdate<Of> & UpdateOptions;

/** A row after an update. */
export type UpdatedRow<Of extends Entity> = RowOf<Of> & {
  /** The number of the change; null if nothing has changed. */
  readonly changeNumber: number | null;
};

/** Updates one row: `updateRows` for one. Throws NOT_FOUND and STALE_VERSION. */
export async function updateRow<Of extends Entity>(
  ctx: ChangeContext,
  entity: Of,
  { id, set, expectedVersion, ...options }: RowChange<Of>,
): Promise<UpdatedRow<Of>> {
  const values = [...commonValues(ctx, options.action), id, toRecord(set), expectedVersion ?? null];
  const found = await run<Of>(ctx, updateStatement(entity, 'one', linksSet(entity, [set]), options), values);
  const [row] = await accept(ctx, entity, [{ id, set, expectedVersion }], found);
  // `accept` returns a row for each update.
  return row as UpdatedRow<Of>;
}

/**
 * Updates 1 to 100 rows, takes a change number for each that changes, and writes its old and new values to an activity
 * entry, in one statement: all or none. The changes are a group, which one undo takes back. Returns the rows in the order
 * of the updates; a row that nothing changes takes no number. An id may occur once. Throws NOT_FOUND (also for a link
 * that leads nowhere) and STALE_VERSION.
 */
export async function updateRows<Of extends Entity>(
  ctx: ChangeContext,
  entity: Of,
  updates: readonly RowUpdate<Of>[],
  options: UpdateOptions,
): Promise<UpdatedRow<Of>[]> {
  const [first] = updates;
  if (first === undefined) return [];
  if (updates.length === 1) return [await updateRow(ctx, entity, { ...first, ...options })];
  const asked = updates.map(
    ({ id, set, expectedVersion }) =>
      `{"id":${JSON.stringify(id)},"set":${toRecord(set)},"version":${expectedVersion ?? null}}`,
  );
  const values = [...commonValues(ctx, options.action), `[${asked.join(',')}]`];
  const links = linksSet(
    entity,
    updates.map(({ set }) => set),
  );
  const found = await run<Of>(ctx, updateStatement(entity, 'many', links, options), values);
  return accept(ctx, entity, updates, found);
}

export interface SetWhere<Of extends Entity> extends UpdateOptions {
  readonly set: SetFields<Of>;
  /** A condition on `t`, a row of the user, with its values from $8. */
  readonly where: Condition<'where'>;
  readonly values: readonly unknown[];
}

/**
 * Updates every row of the user that meets a condition, in the same way. Returns the rows that have changed. The caller
 * bounds how many these can be.
 */
export async function updateRowsWhere<Of extends Entity>(
  ctx: ChangeContext,
  entity: Of,
  { set, where, values, ...options }: SetWhere<Of>,
): Promise<RowOf<Of>[]> {
  const all = [...commonValues(ctx, options.action), toRecord(set), ...values];
  const found = await run<Of>(ctx, updateStatement(entity, 'where', linksSet(entity, [set]), options, where), all);
  return found.filter(({ changeNumber }) => changeNumber !== null);
}

type Found<Of extends Entity> = UpdatedRow<Of> & {
  readonly id: string;
  readonly version: number;
  readonly isStale: boolean;
  readonly isBroken: boolean;
};

async function run<Of extends Entity>(
  ctx: ChangeContext,
  statement: Statement<never>,
  values: readonly unknown[],
): Promise<Found<Of>[]> {
  return (ctx.query ?? ctx.deps.db.query)<Found<Of>>(statement, values);
}

/** The rows in the order of the updates. Throws for the first update that was refused; then nothing was written. */
async function accept<Of extends Entity>(
  ctx: ChangeContext,
  entity: Of,
  updates: readonly RowUpdate<Of>[],
  found: readonly Found<Of>[],
): Promise<UpdatedRow<Of>[]> {
  const rows = new Map(found.map((row) => [row.id, row]));
  const ordered: Found<Of>[] = [];
  for (const [index, update] of updates.entries()) {
    const row = rows.get(update.id);
    if (row === undefined) throw notFound(entity.noun, updates.length === 1 ? undefined : `${index}.id`);
    if (row.isStale) throw await staleVersion(ctx, entity, update, row.version);
    ordered.push(row);
  }
  if (ordered.some(({ isBroken }) => isBroken)) {
    await refuseBrokenLink(
      ctx,
      entity,
      updates.map(({ set }) => set),
    );
  }
  return ordered;
}

type Source = 'one' | 'many' | 'where';

const statements = new StatementCache(sqlFamily('changes.update'));

export function updateStatement(
  entity: Entity,
  source: Source,
  links: readonly Link[],
  options: UpdateOptions,
  where?: Condition<'where'>,
): Statement<never> {
  const { action, rows = 'live', onlyIf } = options;
  // Only a condition belongs to one verb: without one, all verbs share a statement.
  const isCommon = rows === 'live' && onlyIf === undefined && where === undefined;
  const linked = links.length === 0 ? '' : '.linked';
  const fields = links.map(({ field }) => field).join(' ');
  const verb = `changes.update.${entity.table}${source === 'one' ? '' : `.${source}`}${isCommon ? '' : `.${action}`}${linked}`;
  return statements.get(verb, `${fields} ${rows} ${onlyIf?.text} ${where?.text}`, () => ({
    returns: {
      ...rowShape(entity),
      changeNumber: types.orNull(types.number),
      isStale: types.boolean,
      isBroken: types.boolean,
    },
    text: updateSql(entity, source, { links, rows, onlyIf, where }),
  }));
}

interface Shape {
  readonly links: readonly Link[];
  readonly rows: 'live' | 'all';
  readonly onlyIf: Condition<'onlyIf'> | undefined;
  readonly where: Condition<'where'> | undefined;
}

/** The rows that the statement is asked to change, with the new values of each. */
const sources: Readonly<Record<Source, string>> = {
  /** $7 id, $8 fields as JSON, $9 expected version. */
  one: `SELECT 1 AS place, $7::uuid AS id, $8::jsonb AS set, $9::int AS version`,
  /** $7 an array of the same. */
  many: `
      SELECT a.ordinality AS place, (a.value ->> 'id')::uuid AS id, a.value -> 'set' AS set,
             (a.value ->> 'version')::int AS version
        FROM jsonb_array_elements($7::jsonb) WITH ORDINALITY a`,
  /** $7 fields as JSON. */
  where: 'SELECT 1 AS place, $7::jsonb AS set, NULL::int AS version',
};

/** SQL: the ids that a change adds to an array. */
function added(column: string): string {
  return `ARRAY(SELECT unnest((w.new).${column}) EXCEPT SELECT unnest((w.old).${column}))`;
}

/**
 * $1 user, $2 now, $3 session, $4 actor, $5 action, $6 group, and the values of the source. Without `OFFSET 0`, the rows
 * would be made JSON for each of their columns; `NOT IN` is hashed, however few rows are expected. Every mutation locks its
 * user's change counter before the rows, so mutations of a user run in order and cannot deadlock. `FOR UPDATE` then reads
 * the latest version of a row, whatever the statement's snapshot is.
 */
function updateSql(entity: Entity, source: Source, { links, rows, onlyIf, where }: Shape): string {
  const { table, name, owner, softDeletes, derived, derivedFromOld } = entity;
  const set = settableColumns(entity)
    .map(({ column }) => `${column} = ${derived[column] ?? derivedFromOld[column] ?? `w.${column}`}`)
    .join(', ');
  const unseen = quoted([...secretColumns(entity), 'updated_at']);
  const mine = `t.${owner} = $1${softDeletes && rows === 'live' ? ' AND t.deleted_at IS NULL' : ''}`;
  const chosen = where?.text ?? 't.id = a.id';
  const broken = brokenLinks(links, ({ column, isRequired }) => {
    const isNew = `w.${column} IS DISTINCT FROM w.old_${column}`;
    return isRequired ? `${isNew} OR (w.old_deleted_at IS NOT NULL AND w.deleted_at IS NULL)` : isNew;
  });
  const both = (column: string) => `(w.new).${column} AS ${column}, (w.old).${column} AS old_${column}`;
  const linkColumns = [
    both('deleted_at'),
    ...links.map(({ column, isList }) =>
      isList ? `${added(column)} AS ${column}, NULL::uuid[] AS old_${column}` : both(column),
    ),
  ];
  const isWhole = source === 'where' ? 'true' : '(SELECT count(*) FROM asked) = (SELECT count(*) FROM permitted)';
  const isBroken = links.length === 0 ? 'false' : 'EXISTS (SELECT FROM broken)';
  return `
    WITH counter AS MATERIALIZED (
      SELECT user_id FROM change_counters WHERE user_id = $1 FOR UPDATE
    ), asked AS MATERIALIZED (${sources[source]}
    ), present AS MATERIALIZED (
      SELECT a.place, a.set, a.version, t AS r FROM counter, asked a, ${table} t WHERE ${mine} AND ${chosen}
         FOR UPDATE OF t
    ), permitted AS MATERIALIZED (
      SELECT p.place, p.r AS old, jsonb_populate_record(p.r, p.set) AS new FROM present p
       WHERE p.version IS NULL OR (p.r).version = p.version
    ), ${links.length === 0 ? '' : `wanted AS MATERIALIZED (SELECT ${linkColumns.join(', ')} FROM permitted w),`}
    ${broken}
    moving AS MATERIALIZED (
      SELECT p.r AS old, p.new, row_number() OVER (ORDER BY p.place, (p.r).id) AS nth
        FROM (SELECT place, old AS r, new FROM permitted) p
       WHERE p.r IS DISTINCT FROM p.new AND ${onlyIf?.text ?? 'true'}
    ), numbered AS (
      UPDATE change_counters c SET number = c.number + (SELECT count(*) FROM moving)
       WHERE c.user_id = $1 AND EXISTS (SELECT FROM moving) AND ${isWhole} AND NOT ${isBroken}
      RETURNING c.number - (SELECT count(*) FROM moving) AS before
    ), changed AS (
      UPDATE ${table} t SET ${set}, version = t.version + 1, updated_at = $2
        FROM (SELECT (m.new).*, m.old AS was, m.nth FROM moving m) w, numbered n
       WHERE t.${owner} = $1 AND t.id = w.id
      RETURNING t AS r, w.was, n.before, n.before + w.nth AS number
    ), line AS (
      INSERT INTO activity
        (user_id, number, at, actor_id, session_id, entity, entity_id, action, before, after, group_number)
      SELECT $1, c.number, $2, $4, $3, '${name}', (c.r).id, $5,
             (SELECT jsonb_object_agg(b.key, b.value) FROM jsonb_each(d.old) b WHERE d.new -> b.key IS DISTINCT FROM b.value),
             (SELECT jsonb_object_agg(a.key, a.value) FROM jsonb_each(d.new) a WHERE d.old -> a.key IS DISTINCT FROM a.value),
             ${source === 'one' ? '$6::bigint' : 'coalesce($6::bigint, c.before + 1)'}
        FROM changed c,
             LATERAL (SELECT to_jsonb(c.was) - ARRAY[${unseen}] AS old, to_jsonb(c.r) - ARRAY[${unseen}] AS new OFFSET 0) d
    )
    SELECT ${selectRow(entity, '(c.r)')}, c.number AS "changeNumber", false AS "isStale", false AS "isBroken"
      FROM changed c
    UNION ALL
    SELECT ${selectRow(entity, '(p.r)')}, NULL, p.version IS NOT NULL AND (p.r).version <> p.version, ${isBroken}
      FROM present p WHERE (p.r).id NOT IN (SELECT (c.r).id FROM changed c)`;
}
