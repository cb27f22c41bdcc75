import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { testDatabaseUrl } from '../env.ts';
import { run } from '../fixtures/run.ts';
import { openDatabase } from '../open.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'alice-data-')), 'data');
});
afterEach(() => rm(join(dataDir, '..'), { recursive: true, force: true }));

const script = 'open-directory.ts';

if (testDatabaseUrl() === null) {
  describe('the data directory', () => {
    test('keeps what was committed, is closed to others on the machine, and opens again', async () => {
      {
        await using database = await openDatabase({ dataDir });
        await database.query({ text: 'CREATE TABLE kept (id int)' }, []);
        await database.query({ text: 'INSERT INTO kept VALUES (1)' }, []);
      }
      await using database = await openDatabase({ dataDir });
      expect(await database.query({ text: 'SELECT id FROM kept' }, [])).toEqual([{ id: 1 }]);
      for (const path of [dataDir, join(dataDir, 'postgres')]) expect((await stat(path)).mode & 0o777).toBe(0o700);
    });

    test('refuses a second process within 2 s, naming the first, and gives way when the first has closed', async () => {
      const first = run(script, [dataDir]);
      await first.says('open');
      const began = performance.now();
      const second = await run(script, [dataDir]).ended;
      expect(performance.now() - began).toBeLessThan(2_000);
      expect(second).toMatchObject({ code: 1, err: `the data directory ${dataDir} is in use by process ${first.child.pid}\n` });
      await expect(openDatabase({ dataDir })).rejects.toThrow(`process ${first.child.pid}`);

      first.child.stdin.end();
      expect(await first.ended).toMatchObject({ code: 0, err: '' });
      await (await openDatabase({ dataDir })).close();
    });

    test('is taken over from a killed process, with everything that was committed', async () => {
      const first = run(script, [dataDir, 'migrate']);
      await first.says('open');
      first.child.kill('SIGKILL');
      await first.ended;
      await using database = await openDatabase({ dataDir });
      expect(await database.prisma.user.count()).toBe(0);
    });

    test('survives being killed at any moment of a first start and its migrations', { timeout: 120_000 }, async () => {
      for (let attempt = 0; attempt < 8; attempt++) {
        const start = run(script, [dataDir, 'migrate']);
        await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 2_500));
        start.child.kill('SIGKILL');
        await start.ended;
      }
      const last = run(script, [dataDir, 'migrate']);
      await last.says('open');
      last.child.stdin.end();
      expect(await last.ended).toMatchObject({ code: 0, err: '' });

      expect((await readdir(dataDir)).filter((name) => !name.startsWith('postgres.lock.'))).toEqual(['postgres']);
      await using database = await openDatabase({ dataDir });
      const [row] = await database.query({ text: 'SELECT count(*) AS rows, count(DISTINCT migration_name) AS names FROM _prisma_migrations' }, []);
      expect(row).toMatchObject({ rows: (row as { names: number }).names });
    });

    test('that holds something else is refused by name and left alone', async () => {
      await (await openDatabase({ dataDir })).close();
      await rm(join(dataDir, 'postgres', 'PG_VERSION'));
      const before = await readdir(join(dataDir, 'postgres'));
      await expect(openDatabase({ dataDir })).rejects.toThrow(join(dataDir, 'postgres'));
      expect(await readdir(join(dataDir, 'postgres'))).toEqual(before);
    });
  });
} else {
  test('with a server, nothing is written to a data directory', async () => {
    await expect(readdir(dataDir)).rejects.toThrow('ENOENT');
  });
}
