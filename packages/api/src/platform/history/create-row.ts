import type { Database, Rows, RunQuery } from '@alice/db';
import { databaseFault } from '@alice/db';
import { DomainError } from '../../errors/domain-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { insertedColumns, selectRow, type Table } from './table.ts';
import { toRecord } from './to-record.ts';

/** A whole new row, but for its owner, its version and its times. */
export type NewRow<Name extends keyof Rows> = Omit<Rows[Name], 'userId' | 'version' | 'createdAt' | 'updatedAt'>;

export interface ChangeContext {
  readonly deps: { readonly db: Pick<Database, 'query'>; readonly clock: Clock };
  /** Whose row it is, and the session that it came with; null where it came with a token of a mail. */
  readonly user: { readonly id: string; readonly sessionId: string | null };
  /** Who does it, where it is not the person themselves: an administrator. */
  readonly actorId?: string | undefined;
  /** Where the statement runs: the pool unless the change is part of a larger transaction. */
  readonly query?: RunQuery | undefined;
}

/**
 * Inserts a row, takes the person's next number and writes the activity line: one statement, so all of it or none.
 * Throws CONFLICT when the id is taken, UNAUTHENTICATED when there is no such person any more.
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
    if (created === undefined) throw new DomainError('UNAUTHENTICATED', 'This account does not exist any more');
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

/** $1 person, $2 the row as JSON, $3 now, $4 session. The counter's row lock is taken first and held to the commit. */
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
  const message = `There is already a ${table.entity} with this id`;
  return new DomainError('CONFLICT', message, { errors: [{ path: 'id', message }], cause });
}
