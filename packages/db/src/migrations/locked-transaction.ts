import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

import type { Database, RunQuery } from '../database.ts';
import { poolOf } from '../handle.ts';
import type { Statement, UnnamedStatement } from '../statement.ts';
import { wireTypes } from '../wire.ts';

/** The advisory lock that Prisma's `migrate deploy` also takes, so the two exclude each other. */
export const MIGRATION_LOCK = 72707369;
const LOCK_WAIT_MS = 60_000;

/**
 * How long a migration waits for one table at its first attempt, how much longer at each further one, and at most. While
 * it waits, requests queue behind it, and they fail after 1,250 ms. The first is also shorter than `deadlock_timeout`.
 */
const TABLE_WAIT_MS = { first: 100, more: 50, most: 1_000 };
const PAUSE_MS = 200;
/** SQLSTATE: lock_not_available, and deadlock_detected. */
const LOCK_CODES = new Set<unknown>(['55P03', '40P01']);

export interface MigrationTransaction {
  readonly query: RunQuery;
  /** Runs a script. It must not commit: its history row would no longer be in the same transaction. */
  script(name: string, sql: string): Promise<void>;
}

/** The guarantee is the caller's SQL, as for `Database.query`. */
function rowsAs<Row>(result: pg.QueryResult): Row[] {
  return result.rows as Row[];
}

/** Whether it failed because somebody else holds a lock; migrations wrap the error of the database. */
function isLockedOut(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && LOCK_CODES.has(error.code)) || isLockedOut(error.cause);
}

/**
 * One transaction that holds the migration lock from its first statement to its commit. The lock belongs to the
 * transaction: it is released if the process is killed, and works with a transaction pooler. Waits up to 60 s for other
 * migrations and for tables in use: for a table only shortly, then `work` is rolled back and runs again. Statements have
 * no timeout, since an index on a large table takes long.
 */
export async function lockedTransaction<T>(
  database: Database,
  work: (tx: MigrationTransaction) => Promise<T>,
): Promise<T> {
  const giveUpAt = performance.now() + LOCK_WAIT_MS;
  const { first, more, most } = TABLE_WAIT_MS;
  for (let tableWaitMs = first; ; tableWaitMs = Math.min(tableWaitMs + more, most)) {
    try {
      return await tryOnce(database, tableWaitMs, work);
    } catch (error) {
      if (!isLockedOut(error) || performance.now() > giveUpAt) throw error;
    }
    await sleep(PAUSE_MS * (0.5 + Math.random()));
  }
}

async function tryOnce<T>(
  database: Database,
  tableWaitMs: number,
  work: (tx: MigrationTransaction) => Promise<T>,
): Promise<T> {
  const client = await poolOf(database).connect();
  let broken = true;
  try {
    await client.query(
      `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`,
    );
    await client.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK}); SET LOCAL lock_timeout = ${tableWaitMs}`);
    const result = await work({
      query: async <Row>({ text }: Statement<Row> | UnnamedStatement, values: readonly unknown[]) =>
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
