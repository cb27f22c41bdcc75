import { randomBytes } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';

import type { Database } from './database.ts';
import { migrate } from './migrations/migrate.ts';
import { openDatabase } from './open.ts';
import { openMemoryOver } from './pglite/open.ts';

/** A migrated, empty database from which each test's own one is copied. */
export interface TestSource {
  /** What `openFrom` needs: a snapshot's file, or a template's name. */
  readonly value: string;
  remove(): Promise<void>;
}

function uniqueName(kind: string): string {
  return `alice_${kind}_${randomBytes(6).toString('hex')}`;
}

/** The server's URL with another database in its path. */
function urlOf(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** One statement on the server, outside any transaction, as CREATE DATABASE wants it. */
async function administer(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    throw new Error('TEST_DATABASE_URL names a PostgreSQL that cannot be reached', { cause });
  }
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Creates an empty database on the server; `remove` drops it. */
export async function createServerDatabase(
  server: string,
  kind: string,
  template?: string,
): Promise<{ name: string; url: string; remove(): Promise<void> }> {
  const name = uniqueName(kind);
  await administer(server, `CREATE DATABASE ${name}${template === undefined ? '' : ` TEMPLATE ${template}`}`);
  return {
    name,
    url: urlOf(server, name),
    remove: () => administer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function makeTemplate(server: string): Promise<TestSource> {
  const { name, url, remove } = await createServerDatabase(server, 'template');
  try {
    const database = await openDatabase({ url });
    await migrate({ database });
    await database.close();
  } catch (error) {
    await remove();
    throw error;
  }
  return { value: name, remove };
}

async function makeSnapshot(): Promise<TestSource> {
  const pglite = await PGlite.create();
  await using database = await openMemoryOver(pglite);
  await migrate({ database });
  // Not compressed: it is read many times and written once.
  const snapshot = await pglite.dumpDataDir('none');
  const directory = await mkdtemp(join(tmpdir(), 'alice-snapshot-'));
  const value = join(directory, 'migrated.tar');
  await writeFile(value, snapshot.stream());
  return { value, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** A new PGlite, to start others from: loading it takes a tenth of making one. */
export async function emptySnapshot(): Promise<Blob> {
  const pglite = await PGlite.create();
  try {
    return await pglite.dumpDataDir('none');
  } finally {
    await pglite.close();
  }
}

/** Makes the source: a template on `server`, or a snapshot file of the embedded database when there is none. */
export function makeTestSource(server: string | null): Promise<TestSource> {
  return server === null ? makeSnapshot() : makeTemplate(server);
}

/** A database of one's own, copied from the source; closing it removes it. */
export async function openFrom(source: string, server: string | null): Promise<Database> {
  if (server === null) return openDatabase({ memory: true, snapshot: await openAsBlob(source) });

  const { url, remove } = await createServerDatabase(server, 'test', source);
  const database = await openDatabase({ url, poolSize: 5 });
  const closePool = database.close;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closePool().then(remove));
  return Object.assign(database, { close, [Symbol.asyncDispose]: close });
}
