import type { Database } from '../database.ts';
import { joinDatabase } from '../embedded/join.ts';
import type { Location } from '../env.ts';
import { openDatabase } from '../open.ts';
import { TRANSFER_NAME } from './require-no-alice.ts';

/** The URL with our own name for the connection, so that it is not taken for a server's. */
function named(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.searchParams.set('application_name', TRANSFER_NAME);
    return parsed.href;
  } catch {
    // Its reader has a better message, which does not repeat the URL.
    return url;
  }
}

/**
 * Opens one side of a transfer, with one connection. A data directory must be ours: a server that owns it is named in the
 * error. `shared` connects to that server's PostgreSQL instead.
 */
export async function openLocation(location: Location, how: 'alone' | 'shared'): Promise<Database> {
  if ('url' in location) return openDatabase({ url: named(location.url), poolSize: 1 });
  return how === 'alone' ? openDatabase(location) : joinDatabase(location);
}
