import type { Readable } from 'node:stream';

import { to as copyTo } from 'pg-copy-streams';

import type { Database } from '../database.ts';
import { MIGRATIONS_DIR, readMigrations } from '../migrations/folder.ts';
import { pendingMigrations, readHistory } from '../migrations/history.ts';
import { quoted, readSequences, readTables } from './catalog.ts';
import { fingerprint } from './fingerprint.ts';
import { readJobQueueVersion } from './job-queue.ts';
import type { Manifest, Table, TableContent } from './manifest.ts';
import { beginTransfer, type TransferSession } from './session.ts';

/** All data of a database at one moment, from any source. */
export interface Snapshot extends AsyncDisposable {
  readonly manifest: Manifest;
  /** The rows of the tables in COPY's text format, table by table in the manifest's order. */
  tables(): AsyncIterable<{ readonly table: TableContent; readonly rows: Readable }>;
  /** Throws if the data may be inconsistent. Call it after everything was read. */
  verify(): Promise<void>;
}

export interface SnapshotOptions {
  readonly database: Database;
  readonly aliceVersion: string;
  readonly migrationsDir?: string;
  /** Called before anything is read, and again before a transfer commits. */
  readonly verify?: (session: TransferSession) => Promise<void>;
}

/** Takes a snapshot of a live database: one REPEATABLE READ transaction for all reads and checksums. */
export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  const { database, aliceVersion, migrationsDir = MIGRATIONS_DIR, verify } = options;
  const session = await beginTransfer(database, 'read');
  try {
    await verify?.(session);
    const manifest = await describe(session, aliceVersion, migrationsDir);
    return {
      manifest,
      async *tables() {
        for (const table of manifest.tables) yield { table, rows: readRows(session, table) };
      },
      verify: async () => verify?.(session),
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    };
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

function readRows({ client }: TransferSession, { schema, name, columns }: Table): Readable {
  const list = columns.map((column) => quoted(column)).join(', ');
  return client.query(copyTo(`COPY (SELECT ${list} FROM ${quoted(schema, name)}) TO STDOUT`));
}

async function describe(session: TransferSession, alice: string, migrationsDir: string): Promise<Manifest> {
  const [server] = await session.rows<{ version: string; encoding: string; now: string }>(
    `SELECT current_setting('server_version') AS version, current_setting('server_encoding') AS encoding,
            to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS now`,
  );
  if (server === undefined) throw new Error('the source returned no server settings');
  if (server.encoding !== 'UTF8')
    throw new Error(`the encoding of the source is ${server.encoding}: only UTF8 databases can be copied`);

  const history = await readHistory(({ text }, values) => session.rows(text, values));
  if (history.length === 0) throw new Error('the source is not an ALICE database: no migration was applied to it');
  pendingMigrations(await readMigrations(migrationsDir), history); // throws when history and folder do not belong together

  const jobQueue = await readJobQueueVersion(session);
  const tables: TableContent[] = [];
  for (const table of await readTables(session, jobQueue === null ? ['public'] : undefined))
    tables.push({ ...table, ...(await fingerprint(session, table)) });
  return {
    alice,
    postgres: server.version,
    takenAt: server.now,
    migrations: history.map(({ name, checksum }) => ({ name, checksum })),
    jobQueue,
    tables,
    sequences: await readSequences(session),
  };
}
