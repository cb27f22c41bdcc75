import { randomUUID } from 'node:crypto';

import type { Database, DatabaseLog } from '../database.ts';
import { MIGRATIONS_DIR, readMigrations } from './folder.ts';
import { lockedHistory, pendingMigrations, readHistory } from './history.ts';
import { lockedTransaction } from './locked-transaction.ts';

export interface MigrateOptions {
  readonly database: Database;
  /** The folder of migrations; the repository's own when left out. */
  readonly dir?: string;
  readonly log?: DatabaseLog;
}

/**
 * Applies every pending migration, in order, and names those it applied. Safe to call from many processes at once.
 *
 * The SQL is run here and not by Prisma's engine: each migration commits in one transaction with its row of history, so a kill
 * at any moment leaves it wholly there or not at all, while the engine writes the row first, splits scripts at every semicolon
 * and leaves a "failed" migration behind. The row is the one Prisma writes (same checksum), so `prisma migrate deploy` agrees.
 * The price: a migration cannot hold what PostgreSQL refuses in a transaction (CREATE INDEX CONCURRENTLY).
 *
 * Throws `MigrationHistoryError` when a migration was changed after it was applied, failed halfway, or is unknown to the folder.
 */
export async function migrate({ database, dir = MIGRATIONS_DIR, log }: MigrateOptions): Promise<string[]> {
  const folder = await readMigrations(dir);
  // The usual start: nothing is pending, nothing is locked.
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

/** Applies the first pending migration; what is pending is asked under the lock, as another process may have been faster. */
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
        `migration ${next.name} failed and was undone: ${cause instanceof Error ? cause.message : String(cause)}`,
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
