import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '@alice/db';
import { copyEmbeddedDatabase } from './embedded-template.ts';
import { testDatabaseUrl } from './env.ts';

/** Where a server under test keeps its data: a fresh directory, and a fresh database on TEST_DATABASE_URL when there is one. */
export interface TestStore extends AsyncDisposable {
  readonly dataDir: string;
  /** Undefined: embedded, in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Opens the database to look into it. The embedded one belongs to one process, so its server must be gone. */
  open(): Promise<Database>;
}

/** Makes an empty store; disposing of it removes everything. */
export async function createTestStore(): Promise<TestStore> {
  const dataDir = await mkdtemp(join(tmpdir(), 'alice-test-'));
  const server = testDatabaseUrl();
  const removeDirectory = () => rm(dataDir, { recursive: true, force: true });
  if (server === null) {
    await copyEmbeddedDatabase(dataDir);
    return {
      dataDir,
      databaseUrl: undefined,
      open: () => openDatabase({ dataDir }),
      [Symbol.asyncDispose]: removeDirectory,
    };
  }
  const name = `alice_test_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  await administer(server, `CREATE DATABASE ${name}`);
  return {
    dataDir,
    databaseUrl: url.href,
    open: () => openDatabase({ url: url.href }),
    async [Symbol.asyncDispose]() {
      await administer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await removeDirectory();
    },
  };
}

/** CREATE DATABASE copies a template, which takes seconds on a busy disk and fails while another copy runs. */
async function administer(url: string, statement: string): Promise<void> {
  await using database = await openDatabase({ url, poolSize: 1, statementTimeoutMs: 60_000, lockTimeoutMs: 60_000 });
  await database.query({ text: statement }, []);
}
