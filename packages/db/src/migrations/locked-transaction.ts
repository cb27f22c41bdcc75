import type pg from 'pg';

import type { Database, RunQuery, Statement } from '../database.ts';
import { poolOf } from '../handle.ts';
import { wireTypes } from '../wire.ts';

/** The advisory lock that Prisma's own `migrate deploy` takes, so the two exclude each other. */
export const MIGRATION_LOCK = 72707369;
const LOCK_WAIT_MS = 60_000;

export interface MigrationTransaction {
  readonly query: RunQuery;
  /** Runs a whole script. It must leave the transaction open: a COMMIT in it would tear it from its history row. */
  script(name: string, sql: string): Promise<void>;
}

/** The guarantee is the caller's SQL, as for `Database.query`. */
function rowsAs<Row>(result: pg.QueryResult): Row[] {
  return result.rows as Row[];
}

/**
 * One transaction that holds the migration lock from its first statement to its commit. The lock belongs to the transaction:
 * a killed process gives it back, and it works behind a transaction pooler. Waits up to 60 s for others; statements have no
 * time limit in it, as an index on a large table takes what it takes.
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
