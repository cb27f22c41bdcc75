import { randomBytes } from 'node:crypto';

import pg from 'pg';

import type { Database, PostgresOptions } from './database.ts';
import { migrate } from './migrations/migrate.ts';
import { openDatabase } from './open.ts';
import { startTemporaryServer } from './temporary-server.ts';

/** The server on which tests create their databases, with a migrated, empty template. */
export interface TestSource {
  readonly server: string;
  readonly template: string;
  remove(): Promise<void>;
}

/** The server's URL with another database name. */
function urlOf(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** One statement on the server, outside any transaction, which CREATE DATABASE requires. */
async function administer(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    throw new Error('the PostgreSQL server of TEST_DATABASE_URL cannot be reached', { cause });
  }
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Creates a database on the server, empty or from a template; `remove` drops it. */
export async function createServerDatabase(
  server: string,
  kind: string,
  template?: string,
): Promise<{ name: string; url: string; remove(): Promise<void> }> {
  const name = `alice_${kind}_${randomBytes(6).toString('hex')}`;
  await administer(server, `CREATE DATABASE ${name}${template === undefined ? '' : ` TEMPLATE ${template}`}`);
  return {
    name,
    url: urlOf(server, name),
    remove: () => administer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function makeTemplate(server: string): Promise<{ name: string; remove(): Promise<void> }> {
  const { name, url, remove } = await createServerDatabase(server, 'template');
  try {
    const database = await openDatabase({ url });
    await migrate({ database });
    await database.close();
    return { name, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Prepares `server` for tests, or a temporary PostgreSQL if it is null. */
export async function makeTestSource(server: string | null): Promise<TestSource> {
  const own = server === null ? await startTemporaryServer() : null;
  const url = own?.url ?? server ?? '';
  const template = await makeTemplate(url);
  return {
    server: url,
    template: template.name,
    remove: async () => {
      await template.remove();
      await own?.remove();
    },
  };
}

/** A separate database, from the template or empty; closing it drops it. */
export async function openTestDatabase(
  server: string,
  template?: string,
  options: Pick<PostgresOptions, 'refuseIdleTransactions'> = {},
): Promise<Database> {
  const { url, remove } = await createServerDatabase(server, 'test', template);
  const database = await openDatabase({ url, poolSize: 5, refuseIdleTransactions: true, ...options });
  // As the server does at its start: a transaction must not wait for Prisma's query compiler.
  await database.prisma.$connect();
  const closePool = database.close;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closePool().then(remove));
  return Object.assign(database, { close, [Symbol.asyncDispose]: close });
}
