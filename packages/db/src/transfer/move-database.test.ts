import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { bossOn, fill, fillJobQueue } from '../fixtures/fill.ts';
import { run } from '../fixtures/run.ts';
import { migrate } from '../migrations/index.ts';
import { openDatabase } from '../open.ts';
import { contentOf, contentOn, makeFilledPlace, makePlace, on, type Place } from '../testing-places.ts';
import { moveDatabase } from './move-database.ts';

const cutTransfer = fileURLToPath(new URL('../fixtures/cut-transfer.ts', import.meta.url));

let filled: Awaited<ReturnType<typeof makeFilledPlace>>;
let content: Record<string, unknown>;
let from: Place;
let to: Place;
let said: string[];

// Databases are made and dropped for each test: on a busy machine that takes a while.
vi.setConfig({ testTimeout: 60_000 });

beforeAll(async () => {
  filled = await makeFilledPlace();
  content = await contentOf(filled);
});
beforeEach(async () => {
  from = await makePlace(filled);
  to = await makePlace();
  said = [];
});
afterEach(async () => {
  await from.remove();
  await to.remove();
});
afterAll(() => filled.remove());

const say = (line: string) => said.push(line);
const move = (options: { live?: boolean } = {}) => moveDatabase({ from, to, say, ...options });

describe('a move', () => {
  test('copies everything, compares it, reports progress, and the job queue continues there', async () => {
    await move();
    expect(await contentOf(to)).toEqual(content);
    expect(await contentOf(from)).toEqual(content);
    expect(content['tasks']).toMatchObject({ rows: 200 });
    expect(said).toContainEqual(expect.stringMatching(/^tasks: 200 of 200 rows, [\d.]+ MB \(\d+ %\)$/));
    expect(said.at(-1)).toMatch(/^verified: all rows of \d+ tables/);

    await on(to, async (database) => {
      expect(await migrate({ database })).toEqual([]);
      await expect(database.query({ text: 'DELETE FROM activity' }, [])).rejects.toThrow();
      const boss = bossOn(database);
      await boss.start();
      const due = await boss.fetch('mail', { batchSize: 100 });
      expect(due.map(({ id }) => id).toSorted()).toEqual(
        filled.jobs.filter((_id, index) => index % 2 === 0).toSorted(),
      );
      await boss.stop();
    });
  });

  test('works into a data directory and back', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'alice-move-'));
    try {
      const directory = { dataDir: join(dir, 'data') };
      await moveDatabase({ from, to: directory, say });
      await moveDatabase({ from: directory, to, say });
      expect(await contentOf(to)).toEqual(content);

      // A server has it open: named by its process, and copied with --live all the same.
      await using database = await openDatabase(directory);
      expect(await contentOn(database)).toEqual(content);
      const again = await makePlace();
      await expect(moveDatabase({ from: directory, to: again, say })).rejects.toThrow(
        `in use by process ${process.pid}`,
      );
      await moveDatabase({ from: directory, to: again, say, live: true });
      expect(await contentOf(again)).toEqual(content);
      await again.remove();
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  test('accepts a target that is migrated and was started, but is empty', async () => {
    await on(to, async (database) => {
      await migrate({ database });
      await fillJobQueue(database, 0);
    });
    await move();
    expect(await contentOf(to)).toEqual(content);
  });

  test('creates no job queue when the source has none', async () => {
    await on(from, (database) => database.query({ text: 'DROP SCHEMA pgboss CASCADE' }, []));
    await move();
    expect(Object.keys(await contentOf(to))).not.toContain('pgboss.job');
  });
});

describe('a move changes nothing', () => {
  const refusal = async (message: RegExp, options = {}): Promise<void> => {
    const before = [await contentOf(from), await contentOf(to)];
    await expect(move(options)).rejects.toThrow(message);
    expect([await contentOf(from), await contentOf(to)]).toEqual(before);
  };

  test('when the target contains a row, a job, another table or other migrations', async () => {
    await on(to, (database) => database.query({ text: 'CREATE TABLE stranger (id int)' }, []));
    await refusal(/not empty \(it has the table stranger\)/);
    await on(to, async (database) => {
      await database.query({ text: 'DROP TABLE stranger' }, []);
      await database.query({ text: 'CREATE SCHEMA pgboss' }, []);
    });
    await refusal(/not empty/);
    await on(to, async (database) => {
      await database.query({ text: 'DROP SCHEMA pgboss' }, []);
      await migrate({ database });
      await fillJobQueue(database, 1);
    });
    await refusal(/not empty \(its job queue contains jobs\)/);
    await on(to, async (database) => {
      await database.query({ text: 'DELETE FROM pgboss.job' }, []);
      await fill(database, { people: 1, tasks: 0 });
    });
    await refusal(/not empty \(its table \w+ contains rows\)/);
  });

  test('when the source has an unknown migration, or is not a database of ALICE', async () => {
    await expect(moveDatabase({ from: to, to: from, say })).rejects.toThrow('the source is not an ALICE database');
    await on(from, (database) =>
      database.query(
        { text: `UPDATE _prisma_migrations SET checksum = 'other' WHERE migration_name LIKE '%accounts'` },
        [],
      ),
    );
    await refusal(/_accounts was changed after it was applied/);
  });

  test('when the tables of the job queue are older than this version', async () => {
    await on(from, (database) => database.query({ text: 'UPDATE pgboss.version SET version = 40' }, []));
    await refusal(/has version 40.* start this ALICE once on that database/);
  });

  test('while a process uses the source, except with --live; while a process uses the target, always', async () => {
    await using database = await openDatabase({ url: from.url, poolSize: 1 });
    await database.ping();
    await refusal(
      /ALICE is using the source \(connected from .* PostgreSQL process \d+\): stop it first, or .* --live/,
    );
    await move({ live: true });
    await database.close();
    await using other = await openDatabase({ url: to.url, poolSize: 1 });
    await other.ping();
    await expect(move()).rejects.toThrow(/ALICE is using the target/);
  });

  test('when a copy differs from the source', async () => {
    await on(to, async (database) => {
      await migrate({ database });
      // It keeps fewer digits.
      await database.query({ text: 'ALTER TABLE tasks ALTER COLUMN weight TYPE real' }, []);
    });
    await refusal(/^tasks differs: 200 rows with checksum .* 200 with .* The target is unchanged$/);
  });

  test('when a value violates a constraint of the target', async () => {
    await on(from, async (database) => {
      await database.query({ text: 'ALTER TABLE tasks DROP CONSTRAINT tasks_weight_check' }, []);
      await database.query({ text: `UPDATE tasks SET weight = 'NaN' WHERE title = 'Task 7'` }, []);
    });
    await refusal(/tasks_weight_check/);
    expect(await contentOf(to)).toEqual({});
  });

  test('when the connection to the source is lost', async () => {
    const moving = moveDatabase({
      from,
      to,
      say: (line) => {
        say(line);
        // Waited for, as the move would else be through before it is cut.
        if (line.startsWith('activity')) execFileSync(process.execPath, [cutTransfer, from.url]);
      },
    });
    await expect(moving).rejects.toThrow();
    expect(await contentOf(from)).toEqual(content);
    await expect.poll(() => contentOf(to)).toEqual({});
  });
});

test('a move that is killed has copied all or nothing, and the next one completes', { timeout: 120_000 }, async () => {
  const big = await makeFilledPlace(1_500);
  try {
    const whole = await contentOf(big);
    let cut = 0;
    for (let round = 0; round < 4; round += 1) {
      const target = await makePlace();
      const moving = run('move.ts', [big.url, target.url]);
      await moving.says('_prisma_migrations');
      await new Promise((resolve) => setTimeout(resolve, round * 150 * Math.random()));
      moving.child.kill('SIGKILL');
      await moving.ended;
      const isCut = Object.keys(await settled(target)).length === 0;
      if (isCut) {
        cut += 1;
        await moveDatabase({ from: big, to: target, say });
      }
      expect(await contentOf(target)).toEqual(whole);
      expect(await contentOf(big)).toEqual(whole);
      await target.remove();
    }
    expect(cut).toBeGreaterThan(0);
  } finally {
    await big.remove();
  }
});

/** The content once PostgreSQL has noticed that the other side is gone. */
async function settled(place: Place): Promise<Record<string, unknown>> {
  const text = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'alice-transfer'`;
  await expect.poll(() => on(place, (database) => database.query({ text }, [])), { timeout: 20_000 }).toEqual([]);
  return contentOf(place);
}
