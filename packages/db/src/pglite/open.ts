import { PGlite } from '@electric-sql/pglite';

import type { Database, EmbeddedOptions, MemoryOptions } from '../database.ts';
import { databaseOver } from '../handle.ts';
import { SteadyPool } from '../pool.ts';
import { assertSession, SESSION_SETTINGS } from '../session.ts';
import { clientClassOver } from './client.ts';
import { prepareDataDirectory } from './data-directory.ts';
import { acquireLock } from './lock.ts';
import { type Revivable, revivable } from './revivable.ts';

const SESSION_SQL = Object.entries(SESSION_SETTINGS)
  .map(([name, value]) => `SET ${name} = '${value}';`)
  .join(' ');

/**
 * PGlite is one session, so one pool of one connection serves Prisma and `query` alike: whoever waits longer than the acquire
 * timeout is told so, and nothing lands in somebody else's transaction.
 */
async function databaseOverPglite(
  pglite: Revivable,
  options: EmbeddedOptions | MemoryOptions,
  release: () => Promise<void>,
): Promise<Database> {
  const pool = new SteadyPool(
    {
      Client: clientClassOver(pglite),
      max: 1,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: options.acquireTimeoutMs ?? 1_500,
      // A new client is the same session: what the one before left open or prepared is cleared.
      onConnect: (client) => client.query(`ROLLBACK; DEALLOCATE ALL; ${SESSION_SQL}`).then(() => undefined),
    },
    (error) => options.log?.warn({ error: error.message }, 'the embedded database reported an error'),
  );
  const database = databaseOver('pglite', pool, async () => {
    await pglite.close();
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

/** A database over a PGlite that the caller made; closing the one closes the other. */
export function openMemoryOver(pglite: PGlite, options: MemoryOptions = { memory: true }): Promise<Database> {
  const gone = async (): Promise<never> => {
    throw new Error('what was in memory is gone');
  };
  return databaseOverPglite(revivable(pglite, gone, options.log), options, async () => undefined);
}

/** Opens PGlite in memory; with a snapshot (see `dumpDataDir`) it starts with that content. */
export async function openMemory(options: MemoryOptions): Promise<Database> {
  return openMemoryOver(
    await PGlite.create(options.snapshot === undefined ? {} : { loadDataDir: options.snapshot }),
    options,
  );
}

/** Opens PGlite in `<dataDir>/postgres`, made at the first start. Throws `DataDirectoryInUse` when another process has it. */
export async function openDirectory(options: EmbeddedOptions): Promise<Database> {
  const lock = await acquireLock(options.dataDir);
  try {
    const directory = await prepareDataDirectory(options.dataDir);
    const open = (): Promise<PGlite> => PGlite.create(directory);
    return await databaseOverPglite(revivable(await open(), open, options.log), options, () => lock.release());
  } catch (error) {
    await lock.release();
    throw error;
  }
}
