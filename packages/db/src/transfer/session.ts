import type pg from 'pg';

import type { Database } from '../database.ts';
import { poolOf } from '../handle.ts';

/** How long to wait for a table's lock, which a migration may hold. */
const LOCK_WAIT_MS = 60_000;

/**
 * A transfer has no timeout, and both sides must write a value as the same text. With `row_security` off, a hidden row
 * is an error instead of a gap.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  lock_timeout: String(LOCK_WAIT_MS),
  client_encoding: 'UTF8',
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  row_security: 'off',
  search_path: 'public',
};

/** One connection with one transaction. Disposing of it without `commit` leaves the database unchanged. */
export interface TransferSession extends AsyncDisposable {
  readonly client: pg.PoolClient;
  /** One statement; `Row` is the caller's claim about its columns. Without values, it may be a script. */
  rows<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Applies the session's settings again, after a script that may have changed them. */
  applySettings(): Promise<void>;
  commit(): Promise<void>;
}

/** The guarantee is the caller's SQL, as for `Database.query`. */
function rowsAs<Row>(result: pg.QueryResult): Row[] {
  return result.rows as Row[];
}

/**
 * Begins the transaction of a transfer: a snapshot for all reads (`read`), or the one that writes everything (`write`).
 */
export async function beginTransfer(database: Database, mode: 'read' | 'write'): Promise<TransferSession> {
  const client = await poolOf(database).connect();
  let state: 'open' | 'committed' = 'open';

  const rows = async <Row>(text: string, values?: readonly unknown[]): Promise<Row[]> =>
    rowsAs<Row>(await client.query(values === undefined ? { text } : { text, values: [...values] }));
  const applySettings = async (): Promise<void> => {
    const lines = Object.entries(SETTINGS).map(([name, value]) => `SET LOCAL ${name} = '${value}'`);
    await client.query(lines.join(';'));
  };

  try {
    await client.query(
      mode === 'read' ? 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' : 'BEGIN ISOLATION LEVEL READ COMMITTED',
    );
    await applySettings();
  } catch (error) {
    client.release(true);
    throw error;
  }
  return {
    client,
    rows,
    applySettings,
    commit: async () => {
      const { command } = await client.query('COMMIT');
      if (command !== 'COMMIT') throw new Error('the database rolled back the transfer');
      state = 'committed';
    },
    // The connection ends with the transfer: PostgreSQL rolls back what was not committed, even during a COPY.
    [Symbol.asyncDispose]: async () => {
      if (state === 'open') client.connection.stream.destroy();
      client.release(true);
    },
  };
}
