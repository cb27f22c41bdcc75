import type { Database, PostgresOptions } from './database.ts';
import { preparedTestSource, testDatabaseUrl } from './env.ts';
import { makeTestSource, openTestDatabase } from './test-source.ts';

export { checkStatements } from './check-statements.ts';
export { findBinaries } from './embedded/binaries.ts';
export { testRounds } from './env.ts';
export { blackHole } from './fixtures/black-hole.ts';
export { declaredStatements } from './statement.ts';
export { initialiseTemporary } from './temporary-server.ts';

interface Source {
  readonly server: string;
  readonly template: string;
}

let ownSource: Promise<Source> | undefined;

/** Without the global setup (a script, another runner), a process prepares its own template and removes it at its end. */
function prepareHere(): Promise<Source> {
  ownSource ??= makeTestSource(testDatabaseUrl()).then((source) => {
    process.once('beforeExit', () => void source.remove());
    return source;
  });
  return ownSource;
}

async function testSource(): Promise<Source> {
  return preparedTestSource() ?? (await prepareHere());
}

/** The server of this run: TEST_DATABASE_URL, or a temporary PostgreSQL. */
export async function testServerUrl(): Promise<string> {
  return (await testSource()).server;
}

/**
 * A new, migrated, empty database for one test, dropped when it is closed. Use it with `await using`. Tests that hold a
 * lock themselves allow idle transactions.
 */
export async function testDatabase(options: Pick<PostgresOptions, 'refuseIdleTransactions'> = {}): Promise<Database> {
  const { server, template } = await testSource();
  return openTestDatabase(server, template, options);
}

/** The same without migrations. */
export async function emptyTestDatabase(): Promise<Database> {
  return openTestDatabase((await testSource()).server);
}
