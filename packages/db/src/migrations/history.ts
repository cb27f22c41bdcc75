import type { RunQuery } from '../database.ts';
import type { Migration } from './folder.ts';

/** Prisma's own table, so that its command line and this package can read each other's rows. */
const CREATE_HISTORY = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum            VARCHAR(64) NOT NULL,
    finished_at         TIMESTAMPTZ,
    migration_name      VARCHAR(255) NOT NULL,
    logs                TEXT,
    rolled_back_at      TIMESTAMPTZ,
    started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;

export interface HistoryRow {
  readonly name: string;
  readonly checksum: string;
  /** Null: it did not finish. Only Prisma's command line leaves such rows; ours commit with the migration. */
  readonly finishedAt: string | null;
}

/** The applied migrations of this database in order, without those that were rolled back. */
export async function readHistory(query: RunQuery): Promise<HistoryRow[]> {
  const [table] = await query<{ there: boolean }>(
    { text: `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there` },
    [],
  );
  return table?.there === true ? historyRows(query) : [];
}

/**
 * The same under the migration lock; creates the table if it is missing. Not with `to_regclass`: waiting for an
 * advisory lock does not refresh a session's catalog cache, so it may still report that the table is missing after
 * another process has created it. Creating and reading a table do refresh it.
 */
export async function lockedHistory(query: RunQuery): Promise<HistoryRow[]> {
  await query({ text: CREATE_HISTORY }, []);
  return historyRows(query);
}

function historyRows(query: RunQuery): Promise<HistoryRow[]> {
  return query<HistoryRow>(
    {
      text: `SELECT migration_name AS name, checksum, finished_at AS "finishedAt" FROM _prisma_migrations
             WHERE rolled_back_at IS NULL ORDER BY migration_name COLLATE "C"`,
    },
    [],
  );
}

/** The database's history does not match the folder: an operator must check it. */
export class MigrationHistoryError extends Error {
  override readonly name = 'MigrationHistoryError';
  readonly migration: string;

  constructor(migration: string, message: string) {
    super(message);
    this.migration = migration;
  }
}

/** The pending migrations. Throws `MigrationHistoryError` if the history and the folder do not match. */
export function pendingMigrations(folder: readonly Migration[], history: readonly HistoryRow[]): Migration[] {
  const known = new Map(folder.map((migration) => [migration.name, migration]));
  for (const { name, checksum, finishedAt } of history) {
    if (finishedAt === null) {
      throw new MigrationHistoryError(
        name,
        `migration ${name} did not finish: repair the database, then run "prisma migrate resolve"`,
      );
    }
    const migration = known.get(name);
    if (migration === undefined) {
      throw new MigrationHistoryError(
        name,
        `migration ${name} is applied but not in the folder: the database is newer than this version`,
      );
    }
    if (migration.checksum !== checksum) {
      throw new MigrationHistoryError(
        name,
        `migration ${name} was changed after it was applied: restore its migration.sql`,
      );
    }
  }
  const applied = new Set(history.map(({ name }) => name));
  return folder.filter(({ name }) => !applied.has(name));
}
