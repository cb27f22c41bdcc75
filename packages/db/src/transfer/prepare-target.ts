import { type Migration, readMigrations } from '../migrations/folder.ts';
import { lockedHistory, pendingMigrations, readHistory } from '../migrations/history.ts';
import { MIGRATION_LOCK } from '../migrations/locked-transaction.ts';
import { quoted, readTables } from './catalog.ts';
import { createJobQueueTables, jobQueueState, requireJobQueueVersion } from './job-queue.ts';
import { type Manifest, type Table, tableLabel } from './manifest.ts';
import type { TransferSession } from './session.ts';

const HISTORY_TABLE = '_prisma_migrations';

/**
 * Prepares an empty target for the rows: the migrations of the manifest, and the job queue's tables. Throws if the
 * target contains anything, or if this ALICE does not have those migrations.
 */
export async function prepareTarget(
  session: TransferSession,
  manifest: Manifest,
  migrationsDir: string,
): Promise<void> {
  const folder = await readMigrations(migrationsDir);
  pendingMigrations(
    folder,
    manifest.migrations.map((row) => ({ ...row, finishedAt: manifest.takenAt })),
  );
  if (manifest.jobQueue !== null) requireJobQueueVersion(manifest.jobQueue);

  const [server] = await session.rows<{ encoding: string }>(`SELECT current_setting('server_encoding') AS encoding`);
  if (server?.encoding !== 'UTF8')
    throw new Error(`the encoding of the target is ${server?.encoding}: create its database with ENCODING 'UTF8'`);
  // A server that starts on the target in the meantime waits here, and then finds everything done.
  await session.rows('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);

  const isMigrated = await requireEmpty(session, manifest);
  if (!isMigrated) await applyMigrations(session, folder, manifest);
  await session.rows(`DELETE FROM ${HISTORY_TABLE}`);
  if (manifest.jobQueue !== null) await createJobQueueTables(session);
  await requireSameTables(session, manifest);
}

/**
 * Throws if the target is not empty. Returns false if it has no tables, true if it has the same migrations and no rows.
 */
async function requireEmpty(session: TransferSession, { migrations }: Manifest): Promise<boolean> {
  const refuse = (why: string): Error =>
    new Error(`the target is not empty (${why}): nothing was changed. Use an empty database`);
  const tables = await readTables(session, ['public']);
  const jobs = await jobQueueState(session);
  if (jobs === 'jobs' || (jobs === 'empty' && tables.length === 0))
    throw refuse(jobs === 'jobs' ? 'its job queue contains jobs' : 'it has a schema pgboss');
  if (tables.length === 0) return false;

  const applied = await readHistory(({ text }, values) => session.rows(text, values));
  if (applied.length === 0) throw refuse(`it has the table ${tables.map(tableLabel).join(', ')}`);
  const text = (rows: Manifest['migrations']): string => rows.map((row) => `${row.name} ${row.checksum}`).join();
  for (const table of tables) {
    if (table.name === HISTORY_TABLE) continue;
    const [row] = await session.rows<{ any: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM ${quoted(table.schema, table.name)}) AS any`,
    );
    if (row?.any === true) throw refuse(`its table ${table.name} contains rows`);
  }
  if (text(applied) !== text(migrations)) throw refuse('it has other migrations than the source');
  return true;
}

async function applyMigrations(
  session: TransferSession,
  folder: readonly Migration[],
  { migrations }: Manifest,
): Promise<void> {
  await lockedHistory(({ text }, values) => session.rows(text, values));
  const wanted = new Set(migrations.map(({ name }) => name));
  for (const { name, sql } of withWholeEnums(folder.filter((migration) => wanted.has(migration.name)))) {
    try {
      await session.rows(sql);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`migration ${name} failed on the target and was rolled back: ${reason}`, { cause });
    }
    if (session.client.getTransactionStatus() !== 'T')
      throw new Error(`migration ${name} commits its own transaction: it cannot be part of a transfer`);
    await session.applySettings();
  }
}

/**
 * The migrations, with each enum created with the values that later ones add to it: before version 17, PostgreSQL refuses
 * a value in the transaction that adds it.
 */
function withWholeEnums(migrations: readonly Migration[]): Migration[] {
  const added = new Map<string, string[]>();
  const rest = migrations.map((migration) => {
    const sql = migration.sql.replace(/^ALTER TYPE "(\w+)" ADD VALUE ('\w+');$/gm, (_, type: string, value: string) => {
      added.set(type, [...(added.get(type) ?? []), value]);
      return '';
    });
    return { ...migration, sql };
  });
  return rest.map((migration) => {
    const sql = migration.sql.replace(
      /^CREATE TYPE "(\w+)" AS ENUM \(([^)]*)\);$/gm,
      (_, type: string, values: string) => {
        return `CREATE TYPE "${type}" AS ENUM (${[values, ...(added.get(type) ?? [])].join(', ')});`;
      },
    );
    return { ...migration, sql };
  });
}

/** Throws if the tables and columns of both sides differ: the copy would be incomplete. */
async function requireSameTables(session: TransferSession, { tables, jobQueue }: Manifest): Promise<void> {
  const text = (list: readonly Table[]): string[] =>
    list.map((table) => `${tableLabel(table)} (${table.columns.join(', ')})`).toSorted();
  const wanted = text(tables);
  const present = text(await readTables(session, jobQueue === null ? ['public'] : undefined));
  const missing = wanted.filter((line) => !present.includes(line));
  const surplus = present.filter((line) => !wanted.includes(line));
  if (missing.length === 0 && surplus.length === 0) return;
  throw new Error(
    `the tables differ although the migrations are the same, so a table was changed manually. ` +
      `Only in the source: ${missing.join('; ') || 'nothing'}. Only in the target: ${surplus.join('; ') || 'nothing'}`,
  );
}
