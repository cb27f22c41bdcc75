import type { Database, EmbeddedOptions } from '../database.ts';
import { openPostgres } from '../postgres/open.ts';
import { startCluster } from './cluster.ts';
import { ownDirectory } from './own-directory.ts';

/**
 * Opens the PostgreSQL in `<dataDir>/postgresql`, which is created at the first start; closing the database stops it
 * and gives up the ownership of the directory, as a failure does. Throws as `ownDirectory` does, and
 * `EmbeddedDatabaseError` if PostgreSQL does not start.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Database> {
  const { dataDir, binaries, release } = options.owned ?? (await ownDirectory(options));
  const cluster = await startCluster({ dataDir, binaries, log: options.log }).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  return openPostgres({ ...options, url: cluster.url }, async () => {
    await cluster.stop();
    await release();
  });
}
