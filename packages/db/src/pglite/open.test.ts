import { cp, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { testDatabaseUrl } from '../env.ts';
import { databaseFault } from '../errors.ts';
import { run } from '../fixtures/run.ts';
import { openDatabase } from '../open.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'alice-data-')), 'data');
});
afterEach(() => rm(join(dataDir, '..'), { recursive: true, force: true }));

const script = 'open-directory.ts';

if (testDatabaseUrl() === null) {
  // Starting processes takes what the machine has left; what is promised in seconds is measured, not left to a timeout.
  describe('the data directory', { timeout: 90_000 }, () => {
    let made: string;
    beforeAll(async () => {
      made = await mkdtemp(join(tmpdir(), 'alice-made-'));
      await (await openDatabase({ dataDir: made })).close();
    });
    afterAll(() => rm(made, { recursive: true, force: true }));
    /** Spares a test the seconds of a first start. */
    const startFromMade = (): Promise<void> => cp(made, dataDir, { recursive: true });

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

    test('refuses a second process at once, naming the first, and gives way when the first has closed', async () => {
      await startFromMade();
      const first = run(script, [dataDir]);
      await first.says('open');
      const second = await run(script, [dataDir]).ended;
      expect(second).toMatchObject({
        code: 1,
        err: `the data directory ${dataDir} is in use by process ${first.child.pid}\n`,
      });
      // Measured here, where the code is loaded: how long a process takes to start is the machine's affair.
      const began = performance.now();
      await expect(openDatabase({ dataDir })).rejects.toThrow(`process ${first.child.pid}`);
      expect(performance.now() - began).toBeLessThan(500);

      first.child.stdin.end();
      expect(await first.ended).toMatchObject({ code: 0, err: '' });
      await (await openDatabase({ dataDir })).close();
    });

    test('is taken over from a killed process, with everything that was committed', async () => {
      await startFromMade();
      const first = run(script, [dataDir, 'migrate']);
      await first.says('open');
      first.child.kill('SIGKILL');
      await first.ended;
      await using database = await openDatabase({ dataDir });
      expect(await database.prisma.user.count()).toBe(0);
    });

    test('left by a killed process goes to exactly one of many that start at once', async () => {
      await startFromMade();
      const first = run(script, [dataDir]);
      await first.says('open');
      first.child.kill('SIGKILL');
      await first.ended;

      const crowd = Array.from({ length: 5 }, () => run(script, [dataDir]));
      const winner = await Promise.any(crowd.map((start) => start.says('open').then(() => start)));
      const losers = await Promise.all(crowd.filter((start) => start !== winner).map((start) => start.ended));
      for (const loser of losers) {
        expect(loser).toMatchObject({
          code: 1,
          out: '',
          err: `the data directory ${dataDir} is in use by process ${winner.child.pid}\n`,
        });
      }
      winner.child.stdin.end();
      expect(await winner.ended).toMatchObject({ code: 0, err: '' });
    });

    test('survives being killed at any moment of a first start and its migrations', async () => {
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
      const twice = 'SELECT migration_name FROM _prisma_migrations GROUP BY 1 HAVING count(*) > 1';
      expect(await database.query({ text: twice }, [])).toEqual([]);
      expect(await database.prisma.user.count()).toBe(0);
    });

    test('that PostgreSQL cannot write to fails its callers, and serves them again once it can, with nothing lost', async () => {
      await startFromMade();
      await using database = await openDatabase({ dataDir });
      await database.query({ text: 'CREATE TABLE kept (id int PRIMARY KEY)' }, []);
      const insert = (id: number): Promise<unknown> =>
        database.query({ name: 'insert', text: 'INSERT INTO kept VALUES ($1)' }, [id]);
      await insert(1);

      // As a full disk does: the next segment of the log cannot be made, which is a panic.
      const log = join(dataDir, 'postgres', 'pg_wal');
      await rename(log, `${log}.away`);
      const faults: unknown[] = [];
      for (let id = 2; id < 8; id++) {
        await database.query({ text: 'SELECT pg_switch_wal()' }, []).catch(() => undefined);
        faults.push(await insert(id).then(() => 'done', databaseFault));
      }
      expect(faults.at(-1)).toEqual({ kind: 'unavailable' });
      expect(await database.prisma.user.count().catch(databaseFault)).toEqual({ kind: 'unavailable' });
      expect(await database.ping().catch(databaseFault)).toEqual({ kind: 'unavailable' });

      await rename(`${log}.away`, log);
      await expect
        .poll(
          () =>
            insert(100).then(
              () => 'done',
              () => 'not yet',
            ),
          { timeout: 20_000, interval: 100 },
        )
        .toBe('done');
      const kept = await database.query<{ id: number }>({ text: 'SELECT id FROM kept ORDER BY id' }, []);
      const acknowledged = faults.flatMap((fault, i) => (fault === 'done' ? [i + 2] : []));
      expect(kept.map(({ id }) => id)).toEqual([1, ...acknowledged, 100]);
    });

    test('that holds something else is refused by name and left alone', async () => {
      await startFromMade();
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
