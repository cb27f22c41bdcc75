import type { Database, DatabaseOptions } from './database.ts';
import { openEmbedded } from './embedded/open.ts';
import { openPostgres } from './postgres/open.ts';

/**
 * Opens the database: a PostgreSQL server by `url`, or an embedded one in `<dataDir>/postgresql`. Does not migrate.
 * Throws if the server is unreachable or too old, if its session is not in UTC, or if another process uses the data
 * directory.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  return 'url' in options ? openPostgres(options) : openEmbedded(options);
}
