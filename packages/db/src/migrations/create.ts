import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { openDatabase } from '../open.ts';
import { startTemporaryServer } from '../temporary-server.ts';
import { diffSql } from './engine.ts';
import { fitEnumChanges } from './enum-changes.ts';
import { MIGRATIONS_DIR, readMigrations, SCHEMA_FILE } from './folder.ts';
import { migrate } from './migrate.ts';

const NAME = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;

/** A file that `prisma migrate` keeps next to its migrations. */
const LOCK_TOML = `# Names the database that these migrations are written for.
provider = "postgresql"
`;

export interface CreateMigrationOptions {
  readonly dir?: string;
  readonly schemaFile?: string;
  /** The time in the migration's name. */
  readonly now?: Date;
}

function timestamp(now: Date): string {
  return now.toISOString().replace(/\D/g, '').slice(0, 14);
}

/** The SQL from the folder's migrations to the schema, and back, computed in a temporary PostgreSQL. */
async function compareWithHistory(schema: string, dir: string): Promise<{ up: string; down: string }> {
  const server = await startTemporaryServer();
  try {
    await using shadow = await openDatabase({ url: server.url });
    await migrate({ database: shadow, dir });
    return {
      up: fitEnumChanges(await diffSql(shadow, 'database', { schema })),
      down: fitEnumChanges(await diffSql(shadow, { schema }, 'database')),
    };
  } finally {
    await server.remove();
  }
}

/**
 * Writes `<yyyymmddhhmmss>_<name>/migration.sql` and `down.sql`: the SQL from the folder's migrations, applied to a
 * temporary database, to `schema.prisma`, and back. Returns the full name. Throws if the name is not in snake_case, if
 * nothing has changed, or if there is a later migration.
 */
export async function createMigration(name: string, options: CreateMigrationOptions = {}): Promise<string> {
  const { dir = MIGRATIONS_DIR, schemaFile = SCHEMA_FILE, now = new Date() } = options;
  if (!NAME.test(name) || name.length > 60) {
    throw new Error(
      'the name of a migration must be in snake_case, with at most 60 letters and digits, for example add_task_labels',
    );
  }
  const schema = await readFile(schemaFile, 'utf8');
  const last = (await readMigrations(dir)).at(-1)?.name ?? '';
  const full = `${timestamp(now)}_${name}`;
  if (full <= last) throw new Error(`${full} would sort before ${last}: migrations run in the order of their names`);

  const { up, down } = await compareWithHistory(schema, dir);
  if (up === '') throw new Error('the schema has not changed since the last migration');

  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'migration_lock.toml'), LOCK_TOML);
  // Written to another folder and renamed, so that an interrupted run leaves no incomplete migration.
  const draft = `${dir}.draft-${process.pid}`;
  try {
    await mkdir(draft, { recursive: true });
    await writeFile(join(draft, 'migration.sql'), `${up}\n`);
    await writeFile(join(draft, 'down.sql'), `${down}\n`);
    await rename(draft, join(dir, full));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return full;
}
