import type { Database } from '@alice/db';

const batchSize = 1000;

/** Rows to delete after a date: the table, its key, and the (indexed) column with the date. */
export interface Purge {
  readonly table: string;
  readonly key: readonly [string, ...string[]];
  readonly column: string;
}

/** Deletes the rows whose date is `through` or earlier, in small batches, until `signal` aborts. Returns how many. */
export async function purge(
  db: Pick<Database, 'query'>,
  what: Purge,
  through: Date,
  signal?: AbortSignal,
): Promise<number> {
  const statement = statementOf(what);
  let purged = 0;
  while (signal?.aborted !== true) {
    const rows = await db.query(statement, [through.toISOString(), batchSize]);
    purged += rows.length;
    if (rows.length < batchSize) break;
  }
  return purged;
}

/** $1 until when, $2 limit. Skips rows that other processes are deleting. */
function statementOf({ table, key, column }: Purge) {
  const columns = key.join(', ');
  return {
    name: `purge.${table}`,
    text: `
      DELETE FROM ${table} WHERE (${columns}) IN (
        SELECT ${columns} FROM ${table} WHERE ${column} <= $1 ORDER BY ${column} LIMIT $2 FOR UPDATE SKIP LOCKED)
      RETURNING ${key[0]}`,
  };
}
