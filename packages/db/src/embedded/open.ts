import { resolve } from 'node:path';

import type { Database, EmbeddedOptions } from '../database.ts';
import { openPostgres } from '../postgres/open.ts';
import { findBinaries } from './binaries.ts';
import { startCluster } from './cluster.ts';
import { inspect } from './directory.ts';
import { takeOwnership } from './owner.ts';

/**
 * Opens the PostgreSQL in `<dataDir>/postgresql`, which is created at the first start; closing the database stops it.
 * Throws `DataDirectoryInUse` if another process owns the directory, `EmbeddedDatabaseError` if it cannot run.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Database> {
  const { log } = options;
  const dataDir = resolve(options.dataDir);
  const binaries = await findBinaries(options.binaries);
  // Before anything is written: a directory that cannot be opened stays unchanged.
  await inspect(dataDir, binaries);
  const owner = await takeOwnership(dataDir);
  const cluster = await startCluster({ dataDir, binaries, log }).catch(async (error: unknown) => {
    await owner.release();
    throw error;
  });
  return openPostgres({ ...options, url: cluster.url }, async () => {
    await cluster.stop();
    await owner.release();
  });
}
