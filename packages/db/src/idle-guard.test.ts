import { pbkdf2 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { RunQuery } from './database.ts';
import { deferTransaction } from './defer-transaction.ts';
import { testDatabase } from './testing.ts';

const waited = 'a transaction waited for something that is not the database';
const one = (query: RunQuery) => query({ text: 'SELECT 1 AS n' }, []);
const hash = () => promisify(pbkdf2)('password', 'salt', 10, 32, 'sha256');

test.each([
  ['a timer', () => sleep(1)],
  ['a hashing thread', hash],
  ['a signature', () => crypto.subtle.digest('SHA-256', new Uint8Array(1_000_000))],
])('a transaction that waits for %s fails, at any point, and writes nothing', async (_name, wait) => {
  await using database = await testDatabase();
  await database.query({ text: 'CREATE TABLE written (n int)' }, []);
  const write = (query: RunQuery) => query({ text: 'INSERT INTO written VALUES (1)' }, []);
  const places: ((query: RunQuery) => Promise<unknown>)[] = [
    async (query) => {
      await wait();
      await write(query);
    },
    async (query) => {
      await write(query);
      await wait();
      await one(query);
    },
    async (query) => {
      await write(query);
      await wait();
    },
  ];
  for (const work of places) await expect(database.transaction(({ query }) => work(query))).rejects.toThrow(waited);
  expect(await database.query({ text: 'SELECT * FROM written' }, [])).toEqual([]);
});

test('computation of any length and concurrent statements are not idle time', async () => {
  await using database = await testDatabase();
  const result = await database.transaction(async ({ query }) => {
    for (let count = 0; count < 5; count += 1) {
      const until = performance.now() + 30;
      while (performance.now() < until) await Promise.resolve();
      await Promise.all([one(query), one(query), query({ text: 'SELECT pg_sleep(0.05)' }, [])]);
    }
    return 'done';
  });
  expect(result).toBe('done');
});

test('a deferred transaction holds no connection before its first statement', async () => {
  await using database = await testDatabase();
  const began: string[] = [];
  const deferred = deferTransaction(database, async ({ query }) => {
    await one(query);
    began.push('began');
  });
  await sleep(20);
  expect([deferred.hasBegun, began]).toEqual([false, []]);
  await deferred.database.query({ text: 'CREATE TABLE late (n int)' }, []);
  expect([deferred.hasBegun, began]).toEqual([true, ['began']]);
  await deferred.rollBack(new Error('never mind'));
  const exists = { text: `SELECT to_regclass('late') IS NOT NULL AS there` };
  expect(await database.query(exists, [])).toEqual([{ there: false }]);
});

test('a deferred transaction also ends when no statement was run in it', async () => {
  await using database = await testDatabase();
  const ended: string[] = [];
  const begin = async () => void ended.push('began');
  await deferTransaction(database, begin).rollBack(new Error('never mind'));
  expect(ended).toEqual([]);
  await deferTransaction(database, begin).commit(async ({ query }) => {
    await one(query);
    ended.push('committed');
  });
  expect(ended).toEqual(['began', 'committed']);
});
