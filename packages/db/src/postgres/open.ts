import type { Database, PostgresOptions } from '../database.ts';
import { databaseOver } from '../handle.ts';
import { SteadyPool } from '../pool.ts';
import { assertSession } from '../session.ts';
import { connectionConfig } from './config.ts';
import { watchNetwork } from './watchdog.ts';

/**
 * Opens a pool to a PostgreSQL server and checks that it is supported. `release` is called after the pool has closed,
 * also if opening fails.
 */
export async function openPostgres(
  options: PostgresOptions,
  release: () => Promise<void> = async () => undefined,
): Promise<Database> {
  const { poolSize = 10, refuseIdleTransactions, isWatched = true, log } = options;
  const config = connectionConfig(options);
  const pool = new SteadyPool(
    { ...config, max: poolSize, idleTimeoutMillis: 30_000 },
    (error) => {
      if (!pool.ending) log?.warn({ error: error.message }, 'an idle database connection was lost');
    },
    refuseIdleTransactions,
  );
  const stopWatching = isWatched ? watchNetwork(pool, config, log) : () => undefined;
  const database = databaseOver(pool, async () => {
    stopWatching();
    await release();
  });
  try {
    await assertSession(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
