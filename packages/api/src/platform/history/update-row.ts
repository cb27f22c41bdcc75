import { columnName, type Rows } from '@alice/db';
import { DomainError, notFound } from '../../errors/domain-error.ts';
import type { ChangeContext, NewRow } from './create-row.ts';
import { selectRow, settableColumns, type Table, wireFields } from './table.ts';
import { toRecord } from './to-record.ts';

export interface RowChange<Name extends keyof Rows> {
  readonly id: string;
  /** The verb of the operation, for the activity entry. */
  readonly action: string;
  /** The fields to set; other fields keep their values. */
  readonly set: { readonly [Field in keyof NewRow<Name>]?: NewRow<Name>[Field] | undefined };
  /** Fails with STALE_VERSION for any other version. */
  readonly expectedVersion?: number | undefined;
  /** Which rows can be changed: by default only existing ones, or deleted ones too. */
  readonly rows?: 'live' | 'all';
  /** A condition on `p.r`, the current row (constant SQL): if it is false, there is nothing to do. */
  readonly onlyIf?: string;
}

/**
 * Updates a row, takes the user's next change number and writes the old and new values to the activity entry, in one
 * statement. An update that changes nothing takes no number and returns the current row. Throws NOT_FOUND and
 * STALE_VERSION.
 */
export async function updateRow<Name extends keyof Rows>(
  ctx: ChangeContext,
  table: Table<Name>,
  change: RowChange<Name>,
): Promise<Rows[Name]> {
  const { deps, user } = ctx;
  const [found] = await (ctx.query ?? deps.db.query)<Rows[Name] & { readonly isStale: boolean }>(
    updateStatement(table, change),
    [
      user.id,
      change.id,
      deps.clock.now().toISOString(),
      user.sessionId,
      toRecord(change.set),
      change.expectedVersion ?? null,
      ctx.actorId ?? user.id,
    ],
  );
  if (found === undefined) throw notFound(table.noun);
  if (found.isStale) throw await stale(ctx, table, change, found.version);
  return found;
}

/**
 * $1 user, $2 entity, $3 id, $4 the version that the client knows. Each activity entry of a row wrote one version of
 * it.
 */
const changedSince = {
  name: 'changes.changedSince',
  text: `
    SELECT DISTINCT c.name FROM activity a, jsonb_object_keys(a.after) AS c(name)
     WHERE a.user_id = $1 AND a.entity = $2::activity_entity AND a.entity_id = $3 AND (a.after ->> 'version')::int > $4`,
};

/** The STALE_VERSION error: the fields that have changed since, and those that this change would have overwritten. */
async function stale<Name extends keyof Rows>(
  ctx: ChangeContext,
  table: Table<Name>,
  { id, set, expectedVersion }: RowChange<Name>,
  currentVersion: number,
): Promise<DomainError> {
  const query = ctx.query ?? ctx.deps.db.query;
  const names = await query<{ name: string }>(changedSince, [ctx.user.id, table.entity, id, expectedVersion]);
  const changedFields = wireFields(
    table,
    names.map(({ name }) => name),
  );
  const wanted = Object.entries(set).flatMap(([field, value]) => (value === undefined ? [] : [columnName(field)]));
  const conflictingFields = wireFields(table, wanted).filter((field) => changedFields.includes(field));
  const what = changedFields.length === 0 ? '' : `; changed since then: ${changedFields.join(', ')}`;
  return new DomainError(
    'STALE_VERSION',
    `The ${table.noun} is at version ${currentVersion}, not ${expectedVersion}${what}`,
    { details: { currentVersion, changedFields, conflictingFields } },
  );
}

const statements = new Map<string, { readonly name: string; readonly text: string }>();
/** How many shapes each verb has: PostgreSQL cuts names after 63 bytes, so a shape is numbered and not spelt out. */
const shapesOf = new Map<string, number>();

type Shape = Required<Pick<RowChange<never>, 'action' | 'rows' | 'onlyIf'>>;

function updateStatement(
  table: Table,
  { action, rows = 'live', onlyIf = 'true' }: Partial<Shape> & { action: string },
) {
  const verb = `changes.update.${table.name}.${action}`;
  // All that shapes the text: under a verb alone, a second condition would run the first one's SQL.
  const shape = `${verb} ${rows} ${onlyIf}`;
  let statement = statements.get(shape);
  if (statement === undefined) {
    const count = (shapesOf.get(verb) ?? 0) + 1;
    shapesOf.set(verb, count);
    statement = { name: count === 1 ? verb : `${verb}.${count}`, text: updateSql(table, { action, rows, onlyIf }) };
    statements.set(shape, statement);
  }
  return statement;
}

/**
 * $1 user, $2 id, $3 now, $4 session, $5 fields as JSON, $6 expected version, $7 actor. Every mutation locks its user's
 * change counter before the row, so mutations of a user run in order and cannot deadlock. `FOR UPDATE` then reads the
 * row's latest version, whatever the statement's snapshot is.
 */
function updateSql(table: Table, { action, rows, onlyIf }: Shape): string {
  const { name, entity, key, derived, derivedFromOld } = table;
  const set = settableColumns(table)
    .map(({ column }) => `${column} = ${derived[column] ?? derivedFromOld[column] ?? `w.${column}`}`)
    .join(', ');
  const unseen = [...table.secret, 'updated_at'].map((column) => `'${column}'`).join(', ');
  return `
    WITH counter AS MATERIALIZED (
      SELECT user_id FROM change_counters WHERE user_id = $1 FOR UPDATE
    ), present AS MATERIALIZED (
      SELECT t AS r FROM counter, ${name} t WHERE ${key}${rowsCondition(table, rows)} FOR UPDATE OF t
    ), wanted AS MATERIALIZED (
      SELECT jsonb_populate_record(p.r, $5::jsonb) AS r FROM present p
       WHERE $6::int IS NULL OR (p.r).version = $6
    ), numbered AS (
      UPDATE change_counters c SET number = c.number + 1
        FROM present p, wanted w
       WHERE c.user_id = $1 AND p.r IS DISTINCT FROM w.r AND ${onlyIf}
      RETURNING c.number
    ), changed AS (
      UPDATE ${name} t SET ${set}, version = t.version + 1, updated_at = $3
        FROM (SELECT (wanted.r).* FROM wanted) w, numbered
       WHERE ${key}
      RETURNING t.*
    ), line AS (
      INSERT INTO activity (user_id, number, at, actor_id, session_id, entity, entity_id, action, before, after)
      SELECT $1, n.number, $3, $7, $4, '${entity}', $2, '${action}',
             (SELECT jsonb_object_agg(b.key, b.value) FROM jsonb_each(old) b WHERE new -> b.key IS DISTINCT FROM b.value),
             (SELECT jsonb_object_agg(a.key, a.value) FROM jsonb_each(new) a WHERE old -> a.key IS DISTINCT FROM a.value)
        FROM numbered n, present p, changed,
             LATERAL (SELECT to_jsonb(p.r) - ARRAY[${unseen}] AS old, to_jsonb(changed) - ARRAY[${unseen}] AS new) d
    )
    SELECT ${selectRow(table, 'changed')}, false AS "isStale" FROM changed
    UNION ALL
    SELECT ${selectRow(table, '(p.r)')}, NOT EXISTS (SELECT FROM wanted) FROM present p
     WHERE NOT EXISTS (SELECT FROM changed)`;
}

function rowsCondition(table: Table, rows: Shape['rows']): string {
  return table.softDeletes && rows === 'live' ? ' AND t.deleted_at IS NULL' : '';
}
