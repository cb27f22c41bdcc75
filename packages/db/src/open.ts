import type { Database, DatabaseOptions } from './database.ts';
import { openEmbedded } from './embedded/open.ts';
import { openPostgres } from './postgres/open.ts';

/**
 * Opens the database: a PostgreSQL server by `url`, or one of our own in `<dataDir>/postgresql`. Does not migrate.
 * Throws when the server is unreachable or too old, its session is not in UTC, or another process owns the data directory.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  return 'url' in options ? openPostgres(options) : openEmbedded(options);
}
