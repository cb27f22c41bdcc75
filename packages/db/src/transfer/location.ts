import { resolve } from 'node:path';

import { parseIntoClientConfig } from 'pg-connection-string';

import type { Location } from '../env.ts';

/**
 * Parses a location: a `postgres://` URL, or else the path of a data directory. Its errors do not contain the text,
 * which may have a password.
 */
export function parseLocation(text: string): Location {
  if (/^postgres(ql)?:\/\//.test(text)) return { url: text };
  if (text === '' || text.includes('://'))
    throw new Error('a database must be a URL (postgres://user:password@host:port/database) or a data directory');
  return { dataDir: resolve(text) };
}

/** A description of a location without a password: server and database, or directory. */
export function describeLocation(location: Location | { readonly pglite: string }): string {
  if ('pglite' in location) return `PGlite in ${location.pglite}`;
  if ('dataDir' in location) return `embedded PostgreSQL in ${location.dataDir}`;
  try {
    const { host, port, database } = parseIntoClientConfig(location.url);
    const server = host === undefined || host === null || host === '' ? 'localhost' : host;
    const address = server.includes(':') ? `[${server}]` : server;
    return `PostgreSQL database ${database ?? 'of the user'} at ${address}:${port ?? 5432}`;
  } catch {
    return 'PostgreSQL at an invalid URL';
  }
}
