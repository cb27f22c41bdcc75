/** Many processes that migrate databases of one server. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { run } from '../fixtures/run.ts';
import { openDatabase } from '../open.ts';
import { createServerDatabase } from '../test-source.ts';
import { testServerUrl } from '../testing.ts';
import { migrate } from './migrate.ts';

const server = await testServerUrl();

let dir: string;
beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'alice-migrations-')), 'migrations');
});
afterEach(() => rm(join(dir, '..'), { recursive: true, force: true }));

const slowSteps = async (): Promise<string[]> => {
  for (let i = 1; i <= 5; i++) {
    await mkdir(join(dir, `${i}_step`), { recursive: true });
    const sql = `CREATE TABLE t${i} (id int); SELECT pg_sleep(0.05); INSERT INTO t${i} VALUES (1)`;
    await writeFile(join(dir, `${i}_step`, 'migration.sql'), sql);
  }
  return ['1_step', '2_step', '3_step', '4_step', '5_step'];
};
const expectWhole = async (url: string, all: readonly string[]): Promise<void> => {
  await using database = await openDatabase({ url });
  const applied = await database.query<{ name: string }>(
    { text: 'SELECT migration_name AS name FROM _prisma_migrations ORDER BY 1' },
    [],
  );
  expect(applied.map(({ name }) => name)).toEqual(all);
  for (let i = 1; i <= all.length; i++)
    expect(await database.query({ text: `SELECT id FROM t${i}` }, [])).toEqual([{ id: 1 }]);
};

test('ten that start at once on an empty database all succeed, and each migration is applied once', {
  timeout: 60_000,
}, async () => {
  const all = await slowSteps();
  const { url, remove } = await createServerDatabase(server, 'crowd');
  try {
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => run('migrate-server.ts', [url, dir]).ended));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ code: 0, err: '' });
    const applied = outcomes.flatMap(({ out }): string[] => JSON.parse(out));
    expect(applied.toSorted()).toEqual(all);
    await expectWhole(url, all);
  } finally {
    await remove();
  }
});

test('a session that saw no history table does not trust that memory once it has the lock', async () => {
  const all = await slowSteps();
  for (let round = 0; round < 3; round++) {
    const { url, remove } = await createServerDatabase(server, 'crowd');
    try {
      // One connection each, so the session that looks before the lock is the one that gets it.
      const handles = await Promise.all(Array.from({ length: 8 }, () => openDatabase({ url, poolSize: 1 })));
      const applied = await Promise.all(handles.map((database) => migrate({ database, dir })));
      expect(applied.flat().toSorted()).toEqual(all);
      await Promise.all(handles.map((database) => database.close()));
    } finally {
      await remove();
    }
  }
});

test('kill -9 at any moment leaves what the next start completes', { timeout: 120_000 }, async () => {
  const all = await slowSteps();
  for (let round = 0; round < 3; round++) {
    const { url, remove } = await createServerDatabase(server, 'killed');
    try {
      for (let attempt = 0; attempt < 4; attempt++) {
        const start = run('migrate-server.ts', [url, dir]);
        await new Promise((resolve) => setTimeout(resolve, 250 + Math.random() * 500));
        start.child.kill('SIGKILL');
        await start.ended;
      }
      expect(await run('migrate-server.ts', [url, dir]).ended).toMatchObject({ code: 0, err: '' });
      await expectWhole(url, all);
    } finally {
      await remove();
    }
  }
});
