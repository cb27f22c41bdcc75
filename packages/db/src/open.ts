import type { Database, DatabaseOptions } from './database.ts';
import { openPostgres } from './postgres/open.ts';

/**
 * Opens the database: a PostgreSQL server by `url`, PGlite in `<dataDir>/postgres`, or PGlite in memory. Does not migrate.
 * Throws when the server is unreachable or too old, its session is not in UTC, or another process holds the data directory.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if ('url' in options) return openPostgres(options);
  // Loaded only here: a process with a server never pays for the embedded one.
  const { openDirectory, openMemory } = await import('./pglite/open.ts');
  return 'dataDir' in options ? openDirectory(options) : openMemory(options);
}
