import { randomUUID } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { deferTransaction } from './defer-transaction.ts';
import { databaseFault } from './errors.ts';
import { poolOf } from './handle.ts';
import { currentScope } from './prisma-scope.ts';
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

describe('Prisma Client', () => {
  test('takes the turns of its caller', async () => {
    await using database = await testDatabase();
    const view = database.for({ owner: 'greedy' });
    const { max } = poolOf(database).options;
    // Prisma runs nothing until somebody waits for it.
    const flood = Array.from({ length: 3 * max }, () =>
      timed(async () => await view.prisma.$queryRaw`SELECT pg_sleep(0.3)::text`),
    );
    const owners = () => [...poolOf(database).busy.values()].map(({ caller }) => caller?.owner);
    const most = Math.ceil(max * 0.8);
    await expect.poll(owners).toEqual(Array.from({ length: most }, () => 'greedy'));
    await Promise.all(flood);
  });

  test('is cancelled as the statements of its caller are', async () => {
    await using database = await testDatabase();
    const late = database.for({ owner: 'a', patienceMs: 400 });
    expect((await timed(async () => await late.prisma.$queryRaw`SELECT pg_sleep(8)::text`)).outcome).toEqual({
      kind: 'timeout',
    });
    let hasLeft = false;
    const left = database.for({ owner: 'a', hasLeft: () => hasLeft });
    const statement = timed(async () => await left.prisma.$queryRaw`SELECT pg_sleep(8)::text`);
    await expect.poll(() => database.query(running, [])).toEqual([{ running: 1 }]);
    hasLeft = true;
    expect((await statement).outcome).toEqual({ kind: 'abandoned' });
  });

  test('leaves nothing of its caller in a connection that it opened', async () => {
    await using database = await testDatabase();
    const scopesSeen: unknown[] = [];
    poolOf(database).on('connect', () => scopesSeen.push(currentScope()));
    const { max } = poolOf(database).options;
    const view = database.for({ owner: 'a' });
    await Promise.all(Array.from({ length: max }, async () => await view.prisma.$queryRaw`SELECT pg_sleep(0.2)::text`));
    expect(scopesSeen.length).toBeGreaterThan(1);
    expect(new Set(scopesSeen)).toEqual(new Set([undefined]));
  });

  test('is part of the transaction in which it is called', async () => {
    await using database = await testDatabase();
    const data = {
      email: 'ada@example.com',
      name: 'Ada',
      passwordHash: '-',
      createdAt: new Date(),
      updatedAt: new Date(),
    };
    const view = database.for({ owner: 'a' });
    const rolledBack = view.transaction(async (tx) => {
      await tx.database.prisma.user.create({ data: { ...data, id: randomUUID() } });
      expect(await tx.query({ text: 'SELECT email FROM users' }, [])).toEqual([{ email: data.email }]);
      expect(await database.prisma.user.count()).toBe(0);
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    expect(await database.prisma.user.count()).toBe(0);
  });

  test('is part of a deferred transaction, and begins it', async () => {
    await using database = await testDatabase();
    const deferred = deferTransaction(database.for({ owner: 'a' }), async () => undefined);
    const me = () => deferred.database.prisma.$queryRaw`SELECT pg_backend_pid() AS pid`;
    const byPrisma = await me();
    expect(deferred.hasBegun).toBe(true);
    expect(await deferred.database.query({ text: 'SELECT pg_backend_pid() AS pid' }, [])).toEqual(byPrisma);
    await deferred.commit(async () => undefined);
  });

  test('refuses what would leave its scope: merged reads, and transactions of its own', async () => {
    await using database = await testDatabase();
    const { prisma } = database.for({ owner: 'a' });
    await expect(prisma.user.findUnique({ where: { id: randomUUID() } })).rejects.toThrow('use findFirst');
    expect(() => prisma.$transaction([])).toThrow('use `Database.transaction`');
    const nested = prisma.user.create({
      data: {
        id: randomUUID(),
        email: 'ada@example.com',
        name: 'Ada',
        passwordHash: '-',
        createdAt: new Date(),
        updatedAt: new Date(),
        changeCounter: { create: {} },
      },
    });
    await expect(nested).rejects.toThrow('use `Database.transaction`');
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
