import { pipeline } from 'node:stream/promises';

import { from as copyFrom } from 'pg-copy-streams';

import type { Database } from '../database.ts';
import { MIGRATIONS_DIR } from '../migrations/folder.ts';
import { quoted } from './catalog.ts';
import { fingerprint } from './fingerprint.ts';
import { type Fingerprint, type Manifest, type Table, tableLabel } from './manifest.ts';
import { prepareTarget } from './prepare-target.ts';
import { countRows, type Progress, startProgress } from './progress.ts';
import { requireNoAlice } from './require-no-alice.ts';
import { beginTransfer, type TransferSession } from './session.ts';
import type { Snapshot } from './snapshot.ts';

export interface LoadOptions {
  readonly snapshot: Snapshot;
  readonly target: Database;
  /** Gets progress messages, one line each. */
  readonly say: (line: string) => void;
  readonly migrationsDir?: string;
}

/**
 * Writes a snapshot into an empty database, in one transaction: it commits after all rows were compared with the
 * snapshot, and a failure leaves the database empty.
 */
export async function loadSnapshot({
  snapshot,
  target,
  say,
  migrationsDir = MIGRATIONS_DIR,
}: LoadOptions): Promise<void> {
  const { manifest } = snapshot;
  await using session = await beginTransfer(target, 'write');
  await requireNoAlice(session, 'target');
  await prepareTarget(session, manifest, migrationsDir);

  // Triggers would add rows that the snapshot contains already. Not between two tables: a stream of rows that breaks while
  // nobody reads it would leave its COPY open.
  await setTriggers(session, manifest, 'DISABLE');
  const progress = startProgress(manifest.tables, say);
  for await (const { table, rows } of snapshot.tables()) {
    await pipeline(rows, countRows(table, progress), session.client.query(copyFrom(copyInto(table))));
    progress.finish(table);
  }
  await setTriggers(session, manifest, 'ENABLE');
  await restoreSequences(session, manifest);
  // Check deferred constraints now, while the error can still be reported.
  await session.rows('SET CONSTRAINTS ALL IMMEDIATE');
  await compare(session, manifest, progress);
  await snapshot.verify();
  await session.commit();
  say(`verified: all rows of ${manifest.tables.length} tables are identical`);
}

async function setTriggers(session: TransferSession, { tables }: Manifest, what: 'DISABLE' | 'ENABLE'): Promise<void> {
  for (const { schema, name } of tables) {
    await session.rows(`ALTER TABLE ${quoted(schema, name)} ${what} TRIGGER USER`);
  }
}

function copyInto({ schema, name, columns }: Table): string {
  return `COPY ${quoted(schema, name)} (${columns.map((column) => quoted(column)).join(', ')}) FROM STDIN`;
}

async function restoreSequences(session: TransferSession, { sequences }: Manifest): Promise<void> {
  for (const { schema, name, lastValue } of sequences)
    await session.rows('SELECT setval($1::regclass, $2::bigint, true)', [quoted(schema, name), lastValue]);
}

async function compare(session: TransferSession, { tables }: Manifest, progress: Progress): Promise<void> {
  progress.say('verifying');
  for (const table of tables) {
    const copy: Fingerprint = await fingerprint(session, table);
    if (copy.rows === table.rows && copy.checksum === table.checksum) continue;
    throw new Error(
      `${tableLabel(table)} differs: ${table.rows} rows with checksum ${table.checksum} at the source, ` +
        `${copy.rows} with ${copy.checksum} at the target. The target is unchanged`,
    );
  }
}
