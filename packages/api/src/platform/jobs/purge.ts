import { type Database, type Statement, sql, types } from '@alice/db';

const batchSize = 1000;

/** Deletes some of the rows of a table whose date has passed, and returns a row for each. */
export type Purge = Statement<{ readonly purged: boolean }>;

interface Expiry {
  readonly table: string;
  readonly key: readonly string[];
  /** The (indexed) column with the date. */
  readonly column: string;
}

/** Deletes the rows whose date is `through` or earlier, in small batches, until `signal` aborts. Returns how many. */
export async function purge(
  db: Pick<Database, 'query'>,
  expired: Purge,
  through: Date,
  signal?: AbortSignal,
): Promise<number> {
  let purged = 0;
  while (signal?.aborted !== true) {
    const rows = await db.query(expired, [through.toISOString(), batchSize]);
    purged += rows.length;
    if (rows.length < batchSize) break;
  }
  return purged;
}

/** The rows to delete after a date. $1 until when, $2 limit. Skips rows that other processes are deleting. */
export function declarePurge({ table, key, column }: Expiry): Purge {
  const columns = key.join(', ');
  return sql({
    name: `purge.${table}`,
    returns: { purged: types.boolean },
    text: `
      DELETE FROM ${table} WHERE (${columns}) IN (
        SELECT ${columns} FROM ${table} WHERE ${column} <= $1 ORDER BY ${column} LIMIT $2 FOR UPDATE SKIP LOCKED)
      RETURNING true AS purged`,
  });
}
