import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Database } from '../database.ts';
import { databaseFault } from '../errors.ts';
import { emptyTestDatabase as emptyDatabase } from '../testing.ts';
import { createMigration } from './create.ts';
import { withEngine } from './engine.ts';
import { MIGRATIONS_DIR, readMigrations } from './folder.ts';
import { migrate } from './migrate.ts';
import { rollbackLast } from './rollback.ts';
import { migrationStatus, schemaDrift } from './status.ts';

let dir: string;
beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'alice-migrations-')), 'migrations');
});
afterEach(() => rm(join(dir, '..'), { recursive: true, force: true }));

async function write(name: string, sql: string, down = ''): Promise<void> {
  await mkdir(join(dir, name), { recursive: true });
  await writeFile(join(dir, name, 'migration.sql'), sql);
  await writeFile(join(dir, name, 'down.sql'), down);
}
const names = async (database: Database): Promise<unknown[]> =>
  (
    await database.query<{ name: string }>(
      { text: 'SELECT migration_name AS name FROM _prisma_migrations ORDER BY 1' },
      [],
    )
  ).map(({ name }) => name);
const tables = (database: Database): Promise<unknown[]> =>
  database.query(
    {
      text: `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations' ORDER BY 1`,
    },
    [],
  );
const types = (database: Database): Promise<unknown[]> =>
  database.query(
    {
      text: `SELECT typname FROM pg_type JOIN pg_namespace n ON n.oid = typnamespace WHERE nspname = 'public' AND typtype = 'e' ORDER BY 1`,
    },
    [],
  );

describe("the repository's migrations", () => {
  test('produce the Prisma schema, and can each be rolled back and applied again', { timeout: 90_000 }, async () => {
    await using database = await emptyDatabase();
    const folder = await readMigrations(MIGRATIONS_DIR);
    for (const { name } of folder) {
      await cp(join(MIGRATIONS_DIR, name), join(dir, name), { recursive: true });
      const before = [await tables(database), await types(database)];
      expect(await migrate({ database, dir })).toEqual([name]);
      expect(await rollbackLast({ database, dir })).toBe(name);
      expect([await tables(database), await types(database)]).toEqual(before);
      expect(await migrate({ database, dir })).toEqual([name]);
    }
    expect(await schemaDrift({ database })).toBe('');
    for (const { name } of folder.toReversed()) expect(await rollbackLast({ database, dir })).toBe(name);
    expect([await tables(database), await types(database)]).toEqual([[], []]);
    expect(await migrate({ database, dir })).toEqual(folder.map(({ name }) => name));
    expect(await schemaDrift({ database })).toBe('');
  });

  test("are recorded so that Prisma's own engine reports nothing to do and no error", async () => {
    await using database = await emptyDatabase();
    await migrate({ database });
    const migrations = await readMigrations(MIGRATIONS_DIR);
    const migrationsList = {
      baseDir: MIGRATIONS_DIR,
      lockfile: {
        path: 'migration_lock.toml',
        content: await readFile(join(MIGRATIONS_DIR, 'migration_lock.toml'), 'utf8'),
      },
      shadowDbInitScript: '',
      migrationDirectories: migrations.map(({ name, sql }) => ({
        path: name,
        migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: sql } },
      })),
    };
    const filters = { externalTables: [], externalEnums: [] };
    const [diagnosis, deployed] = await withEngine(database, async (engine) => [
      await engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters }),
      await engine.applyMigrations({ migrationsList, filters }),
    ]);
    expect(diagnosis).toEqual({
      editedMigrationNames: [],
      failedMigrationNames: [],
      hasMigrationsTable: true,
      history: null,
    });
    expect(deployed).toEqual({ appliedMigrationNames: [] });
  });
});

describe('migrate', () => {
  test('applies pending migrations in order and then nothing', async () => {
    await using database = await emptyDatabase();
    await write('2_b', 'ALTER TABLE t ADD COLUMN b int', 'ALTER TABLE t DROP COLUMN b');
    await write(
      '1_a',
      `CREATE TABLE t (a text DEFAULT 'x;y'); DO $$ BEGIN PERFORM 1; PERFORM 2; END $$;`,
      'DROP TABLE t',
    );
    expect(await migrate({ database, dir })).toEqual(['1_a', '2_b']);
    expect(await migrate({ database, dir })).toEqual([]);
    expect(await names(database)).toEqual(['1_a', '2_b']);
  });

  test('rolls back a failing migration, keeps those before it, and succeeds once it is fixed', async () => {
    await using database = await emptyDatabase();
    await write('1_a', 'CREATE TABLE a (id int)');
    await write('2_b', 'CREATE TABLE b (id int); SELECT 1 / 0; CREATE TABLE c (id int)');
    await expect(migrate({ database, dir })).rejects.toThrow(
      'migration 2_b failed and was rolled back: division by zero',
    );
    expect(await tables(database)).toEqual([{ tablename: 'a' }]);
    expect(await names(database)).toEqual(['1_a']);
    await write('2_b', 'CREATE TABLE b (id int)');
    expect(await migrate({ database, dir })).toEqual(['2_b']);
  });

  test('makes no request wait behind it for a table that is in use', async () => {
    await using database = await emptyDatabase();
    await write('1_a', 'CREATE TABLE a (id int)');
    await migrate({ database, dir });
    await write('2_b', 'ALTER TABLE a ADD COLUMN b int');
    // Reads the table for longer than a request waits for a lock.
    let isOver = false;
    const long = database.query({ text: 'SELECT pg_sleep(1.9), (SELECT count(*) FROM a)' }, []);
    const migrated = migrate({ database, dir }).finally(() => {
      isOver = true;
    });
    const reads: unknown[] = [];
    while (!isOver) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      reads.push(await database.query({ text: 'SELECT count(*) AS n FROM a' }, []).catch(databaseFault));
    }
    await long;
    expect(await migrated).toEqual(['2_b']);
    expect(reads.filter((read) => !Array.isArray(read))).toEqual([]);
  });

  test('refuses a migration that ends its own transaction', async () => {
    await using database = await emptyDatabase();
    await write('1_a', 'CREATE TABLE a (id int); COMMIT');
    await expect(migrate({ database, dir })).rejects.toThrow('migration 1_a ends its transaction');
    await database.ping();
  });

  test('refuses when an applied migration was changed, is unknown, or did not finish; status reports the same', async () => {
    await using database = await emptyDatabase();
    await write('1_a', 'CREATE TABLE a (id int)');
    await write('2_b', 'CREATE TABLE b (id int)');
    await migrate({ database, dir });
    await write('3_c', 'CREATE TABLE c (id int)');

    const refusal = async (message: string): Promise<void> => {
      await expect(migrate({ database, dir })).rejects.toThrow(message);
      await expect(rollbackLast({ database, dir })).rejects.toThrow(message);
      expect(await migrationStatus({ database, dir })).toMatchObject({ problem: expect.stringContaining(message) });
      expect(await tables(database)).toEqual([{ tablename: 'a' }, { tablename: 'b' }]);
    };
    await write('1_a', 'CREATE TABLE a (id bigint)');
    await refusal('migration 1_a was changed after it was applied');
    await write('1_a', 'CREATE TABLE a (id int)');

    await rm(join(dir, '2_b'), { recursive: true });
    await refusal('migration 2_b is applied but not in the folder');
    await write('2_b', 'CREATE TABLE b (id int)');

    await database.query({ text: `UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '2_b'` }, []);
    await refusal('migration 2_b did not finish');
    // What `prisma migrate resolve --rolled-back` does.
    await database.query(
      { text: `UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '2_b'` },
      [],
    );
    await database.query({ text: 'DROP TABLE b' }, []);
    expect(await migrate({ database, dir })).toEqual(['2_b', '3_c']);
    expect(await migrationStatus({ database, dir })).toMatchObject({
      pending: [],
      problem: null,
      applied: [{ name: '1_a' }, { name: '2_b' }, { name: '3_c' }],
    });
  });
});

describe('rollbackLast', () => {
  test('rolls back one migration at a time, and nothing when its down.sql is missing or fails', async () => {
    await using database = await emptyDatabase();
    await write('1_a', 'CREATE TABLE a (id int)', 'DROP TABLE a');
    await write('2_b', 'CREATE TABLE b (id int)', 'DROP TABLE b; SELECT 1 / 0');
    await migrate({ database, dir });
    await expect(rollbackLast({ database, dir })).rejects.toThrow('division by zero');
    expect(await tables(database)).toHaveLength(2);
    await rm(join(dir, '2_b', 'down.sql'));
    await expect(rollbackLast({ database, dir })).rejects.toThrow('2_b has no readable down.sql');
    await write('2_b', 'CREATE TABLE b (id int)', 'DROP TABLE b');
    expect(await rollbackLast({ database, dir })).toBe('2_b');
    expect(await rollbackLast({ database, dir })).toBe('1_a');
    expect(await rollbackLast({ database, dir })).toBeNull();
    expect(await tables(database)).toEqual([]);
  });
});

describe('createMigration', () => {
  const schema = (body: string): string => `datasource db {\n  provider = "postgresql"\n}\n${body}`;

  test('writes the SQL for both directions, and refuses when nothing changed', { timeout: 90_000 }, async () => {
    const schemaFile = join(dir, '..', 'schema.prisma');
    await writeFile(schemaFile, schema('model A {\n  id Int @id\n}\n'));
    expect(await createMigration('first', { dir, schemaFile, now: new Date('2026-01-02T03:04:05Z') })).toBe(
      '20260102030405_first',
    );
    await expect(createMigration('second', { dir, schemaFile })).rejects.toThrow('has not changed');

    await writeFile(schemaFile, schema('model A {\n  id Int @id\n  name String?\n}\n'));
    await expect(createMigration('second', { dir, schemaFile, now: new Date('2025-01-01') })).rejects.toThrow(
      'would sort before',
    );
    const second = await createMigration('second', { dir, schemaFile });
    expect((await readdir(dir)).toSorted()).toEqual(['20260102030405_first', second, 'migration_lock.toml']);
    expect(await readFile(join(dir, second, 'migration.sql'), 'utf8')).toContain('ADD COLUMN');
    expect(await readFile(join(dir, second, 'down.sql'), 'utf8')).toContain('DROP COLUMN "name"');

    await using database = await emptyDatabase();
    await migrate({ database, dir });
    expect(await schemaDrift({ database, schemaFile })).toBe('');
    await rollbackLast({ database, dir });
    expect(await schemaDrift({ database, schemaFile })).toContain('ADD COLUMN');
    expect(await migrate({ database, dir })).toEqual([second]);
  });

  test('writes a down.sql for a new enum value that keeps the rows, and names the rows that prevent it', {
    timeout: 90_000,
  }, async () => {
    const schemaFile = join(dir, '..', 'enum.prisma');
    const withMoods = (moods: string) =>
      writeFile(
        schemaFile,
        schema(
          `enum Mood {\n  ${moods.replaceAll(' ', '\n  ')}\n}\nmodel A {\n  id Int @id\n  now Mood @default(good)\n  past Mood[]\n}\n`,
        ),
      );
    await withMoods('good bad');
    await createMigration('first', { dir, schemaFile, now: new Date('2026-01-02') });
    await withMoods('good bad ugly odd');
    const second = await createMigration('second', { dir, schemaFile });

    await using database = await emptyDatabase();
    const rows = () => database.query({ text: 'SELECT id, now::text, past::text FROM "A" ORDER BY id' }, []);
    await migrate({ database, dir });
    await database.query(
      { text: `INSERT INTO "A" VALUES (1, 'bad', '{good,bad}'), (2, 'ugly', '{}'), (3, 'good', '{bad,odd}')` },
      [],
    );
    const before = await rows();
    await expect(rollbackLast({ database, dir })).rejects.toThrow(/^A.now still holds ugly, which Mood loses/);
    await database.query({ text: `UPDATE "A" SET now = 'good' WHERE id = 2` }, []);
    await expect(rollbackLast({ database, dir })).rejects.toThrow(/^A.past still holds odd, which Mood loses/);
    expect((await rows()).length).toBe(before.length);
    await database.query({ text: `UPDATE "A" SET past = '{bad}' WHERE id = 3` }, []);

    const kept = await rows();
    expect(await rollbackLast({ database, dir })).toBe(second);
    expect(await rows()).toEqual(kept);
    await database.query({ text: 'INSERT INTO "A" (id, past) VALUES (4, \'{}\')' }, []);
    await expect(database.query({ text: `UPDATE "A" SET now = 'ugly'` }, [])).rejects.toThrow('invalid input value');
    expect(await migrate({ database, dir })).toEqual([second]);
    expect(await schemaDrift({ database, schemaFile })).toBe('');
  });

  test.each(['', 'Add', 'add-labels', 'a__b', '../up', 'a'.repeat(61)])('refuses the name %j', async (name) => {
    await expect(createMigration(name, { dir })).rejects.toThrow('snake_case');
  });
});
