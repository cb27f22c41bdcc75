import { randomUUID } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { afterCommit } from './after-commit.ts';
import type { Database } from './database.ts';
import { databaseFault } from './errors.ts';
import { poolOf } from './handle.ts';
import { openDatabase } from './open.ts';
import { sql, types } from './statement.ts';
import { testDatabase, testServerUrl } from './testing.ts';

const insertion = sql({
  name: 'test.insertUser',
  text: `INSERT INTO users (id, email, name, password_hash, created_at, updated_at) VALUES ($1, $2, 'x', 'x', now(), now())`,
});
const plusOne = sql({ name: 'test.plusOne', returns: { n: types.number }, text: 'SELECT $1::int + 1 AS n' });
const echo = sql({ name: 'test.echo', returns: { n: types.number }, text: 'SELECT $1::int AS n' });

function insertUser(database: Pick<Database, 'query'>, email: string): Promise<unknown[]> {
  return database.query(insertion, [randomUUID(), email]);
}
const countUsers = async (database: Database): Promise<number> => database.prisma.user.count();

describe('transaction', () => {
  test('commits the work and returns its result', async () => {
    await using database = await testDatabase();
    const result = await database.transaction(async (tx) => {
      await insertUser(tx, 'a');
      return 'done';
    });
    expect(result).toBe('done');
    expect(await countUsers(database)).toBe(1);
  });

  test('rolls back when the work throws, and rethrows the same error', async () => {
    await using database = await testDatabase();
    const mistake = new Error('no');
    await expect(
      database.transaction(async (tx) => {
        await insertUser(tx, 'a');
        throw mistake;
      }),
    ).rejects.toBe(mistake);
    expect(await countUsers(database)).toBe(0);
  });

  test('does not report success when an error inside it was swallowed', async () => {
    await using database = await testDatabase();
    await expect(
      database.transaction(async (tx) => {
        await insertUser(tx, 'a');
        await tx.query({ text: 'SELECT 1 / 0' }, []).catch(() => undefined);
      }),
    ).rejects.toThrow('rolled back');
    expect(await countUsers(database)).toBe(0);
  });

  test('calls afterCommit callbacks after the commit, and none after a rollback', async () => {
    await using database = await testDatabase();
    const told: string[] = [];
    await database.transaction(async (tx) => {
      // Also through the database as it is seen from within.
      await tx.database.transaction(async (inner) => afterCommit(inner.query, () => told.push('committed')));
      await insertUser(tx, 'a');
      expect(told).toEqual([]);
    });
    expect(told).toEqual(['committed']);
    const failing = database.transaction(async (tx) => {
      afterCommit(tx.query, () => told.push('rolled back'));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    afterCommit(database.query, () => told.push('at once'));
    expect(told).toEqual(['committed', 'at once']);
  });

  test('refuses a query after its end', async () => {
    await using database = await testDatabase();
    const query = await database.transaction(async (tx) => tx.query);
    await expect(query({ text: 'SELECT 1' }, [])).rejects.toThrow('the transaction is over');
  });
});

test('several statements in one text return the rows of all', async () => {
  await using database = await testDatabase();
  const text = 'BEGIN; SELECT 1 AS n; SELECT 2 AS n; COMMIT';
  expect(await database.query({ text }, [])).toEqual([{ n: 1 }, { n: 2 }]);
});

describe('connections', () => {
  test('are used again after a constraint error', async () => {
    await using database = await testDatabase();
    const pool = poolOf(database);
    await insertUser(database, 'a');
    const before = [...pool.clients];
    await expect(insertUser(database, 'a')).rejects.toThrow('users_email_key');
    await expect(database.prisma.$executeRaw`INSERT INTO users (id) VALUES (NULL)`).rejects.toThrow();
    expect([...pool.clients]).toEqual(before);
    await insertUser(database, 'b');
  });

  test('are not used again when they are returned with an open transaction', async () => {
    await using database = await testDatabase();
    const client = await poolOf(database).connect();
    await client.query('BEGIN');
    await client.query(`CREATE TABLE leaked (id int)`);
    client.release();
    // Its locks would stay, and the next user would work in a transaction that is not theirs.
    const [row] = await database.query<{ there: boolean }>(
      { text: `SELECT to_regclass('leaked') IS NOT NULL AS there` },
      [],
    );
    expect(row?.there).toBe(false);
  });

  test('support prepared statements after they were replaced', async () => {
    await using database = await testDatabase();
    expect(await database.query(plusOne, [1])).toEqual([{ n: 2 }]);
    for (const client of poolOf(database).clients) {
      const held = await poolOf(database).connect();
      expect(held).toBe(client);
      held.release(true);
    }
    expect(await database.query(plusOne, [2])).toEqual([{ n: 3 }]);
  });

  test('are limited, and each of many concurrent callers gets its own result', async () => {
    await using database = await testDatabase();
    const answers = await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        if (i % 3 === 0) return (await database.query(echo, [i]))[0]?.n;
        if (i % 3 === 1) return (await database.prisma.$queryRaw<{ n: number }[]>`SELECT ${i}::int AS n`)[0]?.n;
        return database.transaction(
          async (tx) => (await tx.query<{ n: number }>({ text: 'SELECT $1::int AS n' }, [i]))[0]?.n,
        );
      }),
    );
    expect(answers).toEqual(Array.from({ length: 300 }, (_, i) => i));
    expect(poolOf(database).totalCount).toBeLessThanOrEqual(poolOf(database).options.max);
  });

  test('that take too long to get fail with DATABASE_UNAVAILABLE', async () => {
    await using database = await testDatabase();
    const pool = poolOf(database);
    const held = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
    // Again where it took too long: a machine that is busy for a moment is late with every timer.
    let ms = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 3 && ms >= 3_000; attempt++) {
      const began = performance.now();
      const outcomes = await Promise.allSettled([
        database.query({ text: 'SELECT 1' }, []),
        database.prisma.user.count(),
        database.ping(),
      ]);
      ms = performance.now() - began;
      for (const outcome of outcomes) {
        expect(outcome.status === 'rejected' && databaseFault(outcome.reason)).toEqual({ kind: 'unavailable' });
      }
    }
    expect(ms).toBeLessThan(3_000);
    for (const client of held) client.release();
    await database.ping();
  });
});

describe('close', () => {
  test('waits for running work, refuses later work, and can be called again', async () => {
    const database = await testDatabase();
    const slow = database.query<{ n: number }>({ text: 'SELECT count(*) AS n FROM generate_series(1, 500000)' }, []);
    await database.ping().catch(() => undefined);
    const [rows] = await Promise.all([slow, database.close(), database.close()]);
    expect(rows).toEqual([{ n: 500000 }]);
    const late = await database.query({ text: 'SELECT 1' }, []).catch((error: unknown) => error);
    expect(databaseFault(late)).toEqual({ kind: 'unavailable' });
    await database.close();
  });
});

describe('an external server', () => {
  test('close cancels work that does not end', async () => {
    const database = await testDatabase();
    const endless = database.query({ text: 'SELECT pg_sleep(30)' }, []).catch((error: unknown) => error);
    await expect.poll(() => poolOf(database).busy.size).toBe(1);
    const began = performance.now();
    await database.close();
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(databaseFault(await endless)).toEqual({ kind: 'unavailable' });
  });

  test('the session settings are ours, whatever the URL contains', async () => {
    const url = new URL(await testServerUrl());
    url.searchParams.set('options', '-c TimeZone=Europe/Berlin -c work_mem=5MB');
    await using database = await openDatabase({ url: url.href, statementTimeoutMs: 1_234, lockTimeoutMs: 432 });
    const [row] = await database.query(
      {
        text: `SELECT current_setting('TimeZone') AS zone, current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
                      current_setting('work_mem') AS mem, current_setting('application_name') AS app`,
      },
      [],
    );
    expect(row).toEqual({ zone: 'UTC', statement: '1234ms', lock: '432ms', mem: '5MB', app: 'alice' });
  });

  test('opening fails when the server is down', async () => {
    await expect(openDatabase({ url: 'postgres://postgres@127.0.0.1:1/none' })).rejects.toThrow('ECONNREFUSED');
    await expect(openDatabase({ url: 'postgres://user:secret@:x:y/none' })).rejects.toThrow(
      /^the database URL cannot be read/,
    );
  });
});
