import { databaseFault, type Statement, sqlFamily } from '@alice/db';
import { DomainError } from '../../errors/domain-error.ts';
import { insertedColumns, quoted, rowShape, secretColumns, selectRow } from './columns.ts';
import type { Entity, Link, NewRow, RowOf } from './entity.ts';
import { brokenLinks, linksOf, refuseBrokenLink } from './links.ts';
import { toRecord } from './to-record.ts';
import { type ChangeContext, commonValues, StatementCache } from './write-context.ts';

/** Inserts a row: `createRows` for one. */
export async function createRow<Of extends Entity>(
  ctx: ChangeContext,
  entity: Of,
  row: NewRow<Of>,
  action = 'create',
): Promise<RowOf<Of>> {
  const [created] = await insert(ctx, entity, [row], action);
  // `insert` returns as many rows as it gets.
  return created as RowOf<Of>;
}

/**
 * Inserts 1 to 100 rows, takes as many change numbers and writes an activity entry for each, in one statement: all or
 * none. Several rows are a group, which one undo takes back. Returns them in their order. Throws CONFLICT if an id is
 * taken, NOT_FOUND if a link leads nowhere, UNAUTHENTICATED if the user no longer exists.
 */
export function createRows<Of extends Entity>(
  ctx: ChangeContext,
  entity: Of,
  rows: readonly NewRow<Of>[],
  action = 'create',
): Promise<RowOf<Of>[]> {
  return rows.length === 0 ? Promise.resolve([]) : insert(ctx, entity, rows, action);
}

async function insert<Of extends Entity>(
  ctx: ChangeContext,
  entity: Of,
  rows: readonly NewRow<Of>[],
  action: string,
): Promise<RowOf<Of>[]> {
  const isOne = rows.length === 1;
  const common = commonValues(ctx, action);
  const [userId, now] = common;
  const records = rows.map((row) => toRecord({ ...row, userId, version: 1, createdAt: now, updatedAt: now }));
  const statement = insertStatement(entity, linksOf(entity, rows), isOne);
  try {
    const values = [...common, isOne ? records[0] : `[${records.join(',')}]`];
    const created = await (ctx.query ?? ctx.deps.db.query)<RowOf<Of>>(statement, values);
    if (created.length > 0) return created;
  } catch (error) {
    const fault = databaseFault(error);
    if (fault?.kind === 'unique' && fault.constraint === `${entity.table}_pkey`) throw idTaken(entity, error);
    throw error;
  }
  await refuseBrokenLink(ctx, entity, rows);
  throw new DomainError('UNAUTHENTICATED', 'This account no longer exists');
}

const statements = new StatementCache(sqlFamily('changes.create'));

export function insertStatement(entity: Entity, links: readonly Link[], isOne: boolean): Statement<never> {
  // An entity can have so many links that their names do not fit into the name of a statement.
  const linked = links.length === 0 ? '' : '.linked';
  const fields = links.map(({ field }) => field).join(' ');
  return statements.get(`changes.create.${entity.table}${isOne ? '' : '.many'}${linked}`, fields, () => ({
    returns: rowShape(entity),
    text: insertSql(entity, links, isOne),
  }));
}

/**
 * $1 user, $2 now, $3 session, $4 actor, $5 action, $6 group, $7 the row as JSON, or an array of rows. The row lock of
 * the change counter is taken first and held until the commit.
 */
function insertSql(entity: Entity, links: readonly Link[], isOne: boolean): string {
  const { table, name } = entity;
  const { names, values } = insertedColumns(entity, 'n.before + w.place');
  const source = isOne
    ? `SELECT w.*, 1 AS place FROM jsonb_populate_record(NULL::${table}, $7::jsonb) w`
    : `SELECT w.*, w.ordinality AS place FROM jsonb_populate_recordset(NULL::${table}, $7::jsonb) WITH ORDINALITY w`;
  const count = isOne ? '1' : '(SELECT count(*) FROM wanted)';
  const hasLinks = links.length > 0;
  return `
    WITH wanted AS MATERIALIZED (${source}
    ), ${hasLinks ? 'counter AS MATERIALIZED (SELECT FROM change_counters WHERE user_id = $1 FOR UPDATE),' : ''}
    ${brokenLinks(links, () => 'true')}
    numbered AS (
      UPDATE change_counters SET number = number + ${count}
       WHERE user_id = $1 ${hasLinks ? 'AND NOT EXISTS (SELECT FROM broken)' : ''}
      RETURNING number - ${count} AS before
    ), created AS (
      INSERT INTO ${table} (${names})
      SELECT ${values} FROM numbered n, wanted w ORDER BY w.place RETURNING *
    ), line AS (
      INSERT INTO activity (user_id, number, at, actor_id, session_id, entity, entity_id, action, after, group_number)
      SELECT $1, n.before + w.place, $2, $4, $3, '${name}', c.id, $5,
             to_jsonb(c) - ARRAY[${quoted([...secretColumns(entity), 'user_id'])}],
             ${isOne ? '$6::bigint' : 'coalesce($6::bigint, n.before + 1)'}
        FROM numbered n, created c${isOne ? ', wanted w' : ' JOIN wanted w USING (id)'}
    )
    SELECT ${selectRow(entity, 'c')} FROM created c${isOne ? '' : ' JOIN wanted w USING (id) ORDER BY w.place'}`;
}

function idTaken({ noun }: Entity, cause: unknown): DomainError {
  const message = `A ${noun} with this id already exists`;
  return new DomainError('CONFLICT', message, { errors: [{ path: 'id', message }], cause });
}
