import type pg from 'pg';

import type { Database, RunQuery, Statement } from '../database.ts';
import { poolOf } from '../handle.ts';
import { wireTypes } from '../wire.ts';

/** The advisory lock that Prisma's `migrate deploy` also takes, so the two exclude each other. */
export const MIGRATION_LOCK = 72707369;
const LOCK_WAIT_MS = 60_000;

export interface MigrationTransaction {
  readonly query: RunQuery;
  /** Runs a script. It must not commit: its history row would no longer be in the same transaction. */
  script(name: string, sql: string): Promise<void>;
}

/** The guarantee is the caller's SQL, as for `Database.query`. */
function rowsAs<Row>(result: pg.QueryResult): Row[] {
  return result.rows as Row[];
}

/**
 * One transaction that holds the migration lock from its first statement to its commit. The lock belongs to the
 * transaction: it is released if the process is killed, and works with a transaction pooler. Waits up to 60 s for
 * others. Statements have no timeout, since an index on a large table takes long.
 */
export async function lockedTransaction<T>(
  database: Database,
  work: (tx: MigrationTransaction) => Promise<T>,
): Promise<T> {
  const client = await poolOf(database).connect();
  let broken = true;
  try {
    await client.query(
      `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`,
    );
    await client.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    const result = await work({
      query: async <Row>({ text }: Statement, values: readonly unknown[]) =>
        rowsAs<Row>(await client.query({ text, values: [...values], types: wireTypes })),
      script: async (name, sql) => {
        await client.query(sql);
        if (client.getTransactionStatus() !== 'T')
          throw new Error(`migration ${name} ends its transaction: it must not BEGIN, COMMIT or ROLLBACK`);
      },
    });
    await client.query('COMMIT');
    broken = false;
    return result;
  } catch (error) {
    await client.query('ROLLBACK').then(
      () => {
        broken = false;
      },
      () => undefined,
    );
    throw error;
  } finally {
    client.release(broken);
  }
}
