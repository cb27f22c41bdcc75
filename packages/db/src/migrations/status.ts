import { readFile } from 'node:fs/promises';

import type { Database } from '../database.ts';
import { diffSql } from './engine.ts';
import { MIGRATIONS_DIR, readMigrations, SCHEMA_FILE } from './folder.ts';
import { MigrationHistoryError, pendingMigrations, readHistory } from './history.ts';

export interface MigrationStatus {
  readonly applied: readonly { readonly name: string; readonly finishedAt: string | null }[];
  readonly pending: readonly string[];
  /** Why `migrate` would fail, in one line; null if it would not. */
  readonly problem: string | null;
}

/** Compares the database's history with the folder, without changing anything. */
export async function migrationStatus({
  database,
  dir = MIGRATIONS_DIR,
}: {
  database: Database;
  dir?: string;
}): Promise<MigrationStatus> {
  const folder = await readMigrations(dir);
  const history = await readHistory((statement, values) => database.query(statement, values));
  const applied = history.map(({ name, finishedAt }) => ({ name, finishedAt }));
  try {
    return { applied, pending: pendingMigrations(folder, history).map(({ name }) => name), problem: null };
  } catch (error) {
    if (!(error instanceof MigrationHistoryError)) throw error;
    const seen = new Set(applied.map(({ name }) => name));
    return {
      applied,
      pending: folder.map(({ name }) => name).filter((name) => !seen.has(name)),
      problem: error.message,
    };
  }
}

/** The SQL that would change the database to `schema.prisma`; empty if they match. */
export async function schemaDrift({
  database,
  schemaFile = SCHEMA_FILE,
}: {
  database: Database;
  schemaFile?: string;
}): Promise<string> {
  return diffSql(database, 'database', { schema: await readFile(schemaFile, 'utf8') });
}
