import { describe, expect, test } from 'vitest';

import { databaseFault } from './errors.ts';
import { poolOf } from './handle.ts';
import { testDatabase } from './testing.ts';

const sleep = (seconds: number) => ({ text: `SELECT pg_sleep(${seconds})` });
const now = { text: 'SELECT 1 AS one' };

async function timed(work: () => Promise<unknown>): Promise<{ outcome: unknown; ms: number }> {
  const began = performance.now();
  const outcome = await work().catch((error: unknown) => databaseFault(error));
  return { outcome, ms: performance.now() - began };
}

const running = {
  text: `SELECT count(*) AS running FROM pg_stat_activity
          WHERE datname = current_database() AND state <> 'idle' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()`,
};

describe('calls of several owners', () => {
  test('leave turns to others when one owner has many', async () => {
    await using database = await testDatabase();
    const greedy = database.for({ owner: 'greedy' });
    const flood = Array.from({ length: 40 }, () => greedy.query(sleep(0.3), []).catch(() => undefined));
    const other = await timed(() => database.for({ owner: 'other' }).query(now, []));
    expect(other.outcome).toEqual([{ one: 1 }]);
    // Forty of them would have taken two seconds and more.
    expect(other.ms).toBeLessThan(1000);
    await database.close();
    await Promise.all(flood);
  });

  test('are served in turns when many owners wait, and not in order of arrival', async () => {
    await using database = await testDatabase();
    const order: string[] = [];
    const ask = (owner: string) =>
      database
        .for({ owner })
        .query(sleep(0.05), [])
        .then(() => order.push(owner));
    const [one, two] = ['one', 'two'].map((owner) => Array.from({ length: 12 }, () => ask(owner)));
    await Promise.all([...(one ?? []), ...(two ?? []), ask('late')]);
    expect(order.indexOf('late')).toBeLessThan(12);
  });

  test('use one turn per transaction, and the database handle inside it is the transaction', async () => {
    await using database = await testDatabase();
    const view = database.for({ owner: 'a' });
    await view.transaction(async (tx) => {
      expect(tx.database.for({ owner: 'b' })).toBe(tx.database);
      expect(poolOf(database).busy.size).toBe(1);
    });
    expect(await view.prisma.user.count()).toBe(0);
    expect(poolOf(database).busy.size).toBe(0);
  });
});

describe('a long-running statement', () => {
  test('is cancelled when its caller has left, and its connection is not used again', async () => {
    await using database = await testDatabase();
    let hasLeft = false;
    const view = database.for({ owner: 'a', hasLeft: () => hasLeft });
    const statement = timed(() => view.query(sleep(8), []));
    const transaction = timed(() => view.transaction((tx) => tx.query(sleep(8), [])));
    await expect.poll(() => database.query(running, [])).toEqual([{ running: 2 }]);
    const clients = [...poolOf(database).busy.keys()];
    hasLeft = true;
    for (const { outcome, ms } of await Promise.all([statement, transaction])) {
      expect(outcome).toEqual({ kind: 'abandoned' });
      expect(ms).toBeLessThan(4000);
    }
    expect(await database.query(running, [])).toEqual([{ running: 0 }]);
    await expect.poll(() => clients.filter((client) => poolOf(database).clients.has(client))).toEqual([]);
  });

  test('is not started when its caller left while it waited', async () => {
    await using database = await testDatabase();
    const pool = poolOf(database);
    const held = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
    let hasLeft = false;
    const waiting = timed(() => database.for({ owner: 'a', hasLeft: () => hasLeft }).query(now, []));
    hasLeft = true;
    for (const client of held) client.release();
    expect((await waiting).outcome).toEqual({ kind: 'abandoned' });
  });

  test('is cancelled at its time limit, also in a transaction', async () => {
    await using database = await testDatabase();
    const view = database.for({ owner: 'a', patienceMs: 400 });
    const statement = timed(() => view.query(sleep(8), []));
    const transaction = timed(() =>
      view.transaction(async (tx) => {
        for (let count = 0; count < 40; count += 1) await tx.query(sleep(0.2), []);
      }),
    );
    for (const { outcome, ms } of await Promise.all([statement, transaction])) {
      expect(outcome).toEqual({ kind: 'timeout' });
      expect(ms).toBeLessThan(4000);
    }
    expect(await database.query(running, [])).toEqual([{ running: 0 }]);
  });

  test('continues when its caller is willing to wait', async () => {
    await using database = await testDatabase();
    const view = database.for({ owner: 'a', hasLeft: () => false, patienceMs: 5000 });
    expect(await view.query({ text: `SELECT 'late' AS answer FROM pg_sleep(0.7)` }, [])).toEqual([{ answer: 'late' }]);
  });
});
