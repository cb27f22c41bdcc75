import { randomUUID } from 'node:crypto';

import type { Database, DatabaseLog } from '../database.ts';
import { MIGRATIONS_DIR, readMigrations } from './folder.ts';
import { lockedHistory, pendingMigrations, readHistory } from './history.ts';
import { lockedTransaction } from './locked-transaction.ts';

export interface MigrateOptions {
  readonly database: Database;
  /** The folder of migrations; the repository's by default. */
  readonly dir?: string;
  readonly log?: DatabaseLog;
}

/**
 * Applies all pending migrations in order and returns their names. Several processes may call it at once. It runs the
 * SQL itself instead of using Prisma's engine: each migration commits in one transaction with its history row, so a
 * kill leaves all of it or nothing. The engine writes the row first, splits scripts at semicolons and can leave a
 * "failed" migration. The row is the one that Prisma writes (same checksum), so `prisma migrate deploy` accepts it. The
 * price: no statements that PostgreSQL rejects in a transaction (CREATE INDEX CONCURRENTLY). Throws
 * `MigrationHistoryError` if a migration was changed after it was applied, did not finish, or is not in the folder.
 */
export async function migrate({ database, dir = MIGRATIONS_DIR, log }: MigrateOptions): Promise<string[]> {
  const folder = await readMigrations(dir);
  // The usual start: nothing is pending, so nothing is locked.
  if (
    pendingMigrations(folder, await readHistory((statement, values) => database.query(statement, values))).length === 0
  )
    return [];

  const applied: string[] = [];
  for (;;) {
    const name = await applyNext(database, folder);
    if (name === null) return applied;
    log?.info({ migration: name }, 'migration applied');
    applied.push(name);
  }
}

/**
 * Applies the first pending migration. The pending ones are read under the lock, since another process may have applied
 * some.
 */
async function applyNext(
  database: Database,
  folder: Awaited<ReturnType<typeof readMigrations>>,
): Promise<string | null> {
  return lockedTransaction(database, async (tx) => {
    const [next] = pendingMigrations(folder, await lockedHistory(tx.query));
    if (next === undefined) return null;
    try {
      await tx.script(next.name, next.sql);
    } catch (cause) {
      throw new Error(
        `migration ${next.name} failed and was rolled back: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
    await tx.query(
      {
        text: `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
               VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      },
      [randomUUID(), next.checksum, next.name],
    );
    return next.name;
  });
}
