import type { Database } from '@alice/db';

const batchSize = 1000;

/** What is taken away once its time has come: a table, its key, and the column (indexed) that says when. */
export interface Purge {
  readonly table: string;
  readonly key: readonly [string, ...string[]];
  readonly column: string;
}

/** Takes away the rows whose time is `through` or earlier, in small steps, until `signal` aborts. Gives how many they were. */
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

/** $1 until when, $2 how many. The rows of other purges, in other processes, are left to them. */
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
