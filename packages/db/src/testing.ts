import type { Database } from './database.ts';
import { preparedTestSource, testDatabaseUrl } from './env.ts';
import { makeTestSource, openFrom } from './test-source.ts';

let ownSource: Promise<string> | undefined;

/** Without the global setup (a script, another runner) a process prepares its own source and removes it when it ends. */
function prepareHere(server: string | null): Promise<string> {
  ownSource ??= makeTestSource(server).then((source) => {
    process.once('beforeExit', () => void source.remove());
    return source.value;
  });
  return ownSource;
}

/**
 * A fresh, migrated, empty database for one test, in well under a second: PGlite in memory, or with TEST_DATABASE_URL a database
 * of its own on that server, dropped when it is closed. Use it with `await using`.
 */
export async function testDatabase(): Promise<Database> {
  const server = testDatabaseUrl();
  return openFrom(preparedTestSource() ?? (await prepareHere(server)), server);
}
