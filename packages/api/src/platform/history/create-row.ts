import type { Database, Rows, RunQuery } from '@alice/db';
import { databaseFault } from '@alice/db';
import { DomainError } from '../../errors/domain-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { insertedColumns, selectRow, type Table } from './table.ts';
import { toRecord } from './to-record.ts';

/** A complete new row, except its owner, version and timestamps. */
export type NewRow<Name extends keyof Rows> = Omit<Rows[Name], 'userId' | 'version' | 'createdAt' | 'updatedAt'>;

export interface ChangeContext {
  readonly deps: { readonly db: Pick<Database, 'query'>; readonly clock: Clock };
  /** The owner of the row, and the session of the call; null if the call used a one-time token. */
  readonly user: { readonly id: string; readonly sessionId: string | null };
  /** The actor, if it is not the user: an administrator. */
  readonly actorId?: string | undefined;
  /** Where the statement runs: by default on the pool, or in a larger transaction. */
  readonly query?: RunQuery | undefined;
}

/**
 * Inserts a row, takes the user's next change number and writes the activity entry, in one statement. Throws CONFLICT
 * if the id is taken, UNAUTHENTICATED if the user no longer exists.
 */
export async function createRow<Name extends keyof Rows>(
  ctx: ChangeContext,
  table: Table<Name>,
  row: NewRow<Name>,
  action = 'create',
): Promise<Rows[Name]> {
  const { deps, user } = ctx;
  const now = deps.clock.now().toISOString();
  const whole = { ...row, userId: user.id, version: 1, createdAt: now, updatedAt: now };
  try {
    const [created] = await (ctx.query ?? deps.db.query)<Rows[Name]>(insertStatement(table, action), [
      user.id,
      toRecord(whole),
      now,
      user.sessionId,
    ]);
    if (created === undefined) throw new DomainError('UNAUTHENTICATED', 'This account no longer exists');
    return created;
  } catch (error) {
    const fault = databaseFault(error);
    if (fault?.kind === 'unique' && fault.constraint === `${table.name}_pkey`) throw idTaken(table, error);
    throw error;
  }
}

const statements = new Map<string, { readonly name: string; readonly text: string }>();

function insertStatement(table: Table, action: string) {
  const name = `changes.create.${table.name}.${action}`;
  let statement = statements.get(name);
  if (statement === undefined) {
    statement = { name, text: insertSql(table, action) };
    statements.set(name, statement);
  }
  return statement;
}

/**
 * $1 user, $2 the row as JSON, $3 now, $4 session. The row lock of the change counter is taken first and held until the
 * commit.
 */
function insertSql(table: Table, action: string): string {
  const { name, entity, secret } = table;
  const { names, wanted } = insertedColumns(table);
  const line = [...secret, 'user_id'].map((column) => `'${column}'`).join(', ');
  return `
    WITH numbered AS (
      UPDATE change_counters SET number = number + 1 WHERE user_id = $1 RETURNING number
    ), created AS (
      INSERT INTO ${name} (${names})
      SELECT ${wanted} FROM numbered, jsonb_populate_record(NULL::${name}, $2::jsonb) w RETURNING *
    ), line AS (
      INSERT INTO activity (user_id, number, at, actor_id, session_id, entity, entity_id, action, after)
      SELECT $1, numbered.number, $3, $1, $4, '${entity}', created.id, '${action}',
             to_jsonb(created) - ARRAY[${line}]
        FROM numbered, created
    )
    SELECT ${selectRow(table, 'created')} FROM created`;
}

function idTaken(table: Table, cause: unknown): DomainError {
  const message = `A ${table.entity} with this id already exists`;
  return new DomainError('CONFLICT', message, { errors: [{ path: 'id', message }], cause });
}
