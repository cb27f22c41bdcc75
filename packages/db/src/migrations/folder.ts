import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's migrations and schema. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url));
export const SCHEMA_FILE = fileURLToPath(new URL('../../../../prisma/schema.prisma', import.meta.url));

export interface Migration {
  /** `<yyyymmddhhmmss>_<name>`; migrations are ordered by name. */
  readonly name: string;
  readonly sql: string;
  /** As Prisma computes it: the SHA-256 of `migration.sql` in hexadecimal. */
  readonly checksum: string;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** The migrations of a folder in order; none if the folder does not exist. */
export async function readMigrations(dir: string): Promise<Migration[]> {
  let names: string[];
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  return Promise.all(
    names.toSorted().map(async (name) => {
      const sql = await readFile(join(dir, name, 'migration.sql'), 'utf8').catch((cause: unknown) => {
        throw new Error(`migration ${name} has no readable migration.sql`, { cause });
      });
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** The SQL that rolls a migration back. */
export async function readDown(dir: string, name: string): Promise<string> {
  return readFile(join(dir, name, 'down.sql'), 'utf8').catch((cause: unknown) => {
    throw new Error(`migration ${name} has no readable down.sql, so it cannot be rolled back`, { cause });
  });
}
