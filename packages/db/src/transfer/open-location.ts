import type { Database } from '../database.ts';
import { joinDatabase } from '../embedded/join.ts';
import type { Location } from '../env.ts';
import { openDatabase } from '../open.ts';
import { fetchBinaries } from './fetch-binaries.ts';
import { openPglite } from './open-pglite.ts';
import { TRANSFER_NAME } from './require-no-alice.ts';

/** A readable database: a location, or a PGlite directory of earlier versions of ALICE. */
export type Source = Location | { readonly pglite: string };

/** An operator is waiting, and the machine may be busy. */
const CONNECT_LIMIT_MS = 15_000;

/** The URL with our own application name, to distinguish the connection from a server's. */
function named(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.searchParams.set('application_name', TRANSFER_NAME);
    return parsed.href;
  } catch {
    // Its reader has a better error message, without the URL.
    return url;
  }
}

/**
 * Opens one side of a transfer, with one connection. A data directory must not be in use: the error names its owner.
 * `shared` connects to the PostgreSQL of that owner instead.
 */
export async function openLocation(location: Location, how: 'alone' | 'shared'): Promise<Database> {
  const common = { poolSize: 1, isWatched: false, acquireTimeoutMs: CONNECT_LIMIT_MS };
  if ('url' in location) return openDatabase({ ...common, url: named(location.url) });
  const options = { ...common, ...location };
  return how === 'alone' ? openDatabase(options) : joinDatabase(options);
}

/** Opens a source for `work`, also a data directory of another major version of PostgreSQL, or of PGlite. */
export async function withSource<T>(
  source: Source,
  how: 'alone' | 'shared',
  work: (database: Database) => Promise<T>,
): Promise<T> {
  if ('pglite' in source) {
    await using database = await openPglite(source.pglite);
    return await work(database);
  }
  if ('url' in source) {
    await using database = await openLocation(source, how);
    return await work(database);
  }
  await using binaries = await fetchBinaries(source.dataDir);
  const location = binaries.folder === undefined ? source : { ...source, binaries: binaries.folder };
  await using database = await openLocation(location, how);
  return await work(database);
}
