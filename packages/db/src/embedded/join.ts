import { resolve } from 'node:path';

import type { Database, DatabaseOptions } from '../database.ts';
import { openDatabase } from '../open.ts';
import { openPostgres } from '../postgres/open.ts';
import { socketAddress } from './cluster.ts';
import { postgresDirectory } from './directory.ts';
import { DataDirectoryInUse } from './owner.ts';

/**
 * Opens a database that may already be in use: a server by its URL, or the embedded database of a running ALICE through
 * its socket. If the embedded database is not running, it is started, and stopped at the close. For commands.
 */
export async function joinDatabase(options: DatabaseOptions): Promise<Database> {
  if ('url' in options) return openDatabase(options);
  try {
    return await openDatabase(options);
  } catch (error) {
    if (!(error instanceof DataDirectoryInUse)) throw error;
    const address = socketAddress(postgresDirectory(resolve(options.dataDir)));
    return openPostgres({ ...options, url: address.url }, async () => address.remove());
  }
}
