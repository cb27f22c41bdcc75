import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Database } from './database.ts';
import { databaseFault } from './errors.ts';
import { poolOf } from './handle.ts';
import { openDatabase } from './open.ts';
import { testDatabase, testServerUrl } from './testing.ts';

let database: Database;
beforeAll(async () => {
  database = await testDatabase({ refuseIdleTransactions: false });
});
afterAll(() => database.close());

const faultOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: unknown) => databaseFault(error),
  );

const sql = (text: string, values: readonly unknown[] = []): Promise<unknown[]> => database.query({ text }, values);
const person = (id = randomUUID()) => ({
  id,
  email: id,
  name: 'x',
  passwordHash: 'x',
  createdAt: new Date(),
  updatedAt: new Date(),
});
const task = (userId: string) => ({
  userId,
  id: randomUUID(),
  title: 'x',
  dueBy: new Date(),
  createdAt: new Date(),
  updatedAt: new Date(),
});

describe('a constraint violation is identified, from raw SQL and from Prisma', () => {
  test('unique', async () => {
    const someone = await database.prisma.user.create({ data: person() });
    const again = { ...person(), email: someone.email };
    expect(await faultOf(database.prisma.user.create({ data: again }))).toEqual({
      kind: 'unique',
      constraint: 'users_email_key',
    });
    expect(
      await faultOf(
        sql(
          `INSERT INTO users (id, email, name, password_hash, created_at, updated_at) VALUES ($1, $2, 'x', 'x', now(), now())`,
          [again.id, again.email],
        ),
      ),
    ).toEqual({ kind: 'unique', constraint: 'users_email_key' });
  });

  test('foreign key', async () => {
    expect(await faultOf(database.prisma.task.create({ data: task(randomUUID()) }))).toEqual({
      kind: 'foreign_key',
      constraint: 'tasks_user_id_fkey',
    });
    expect(await faultOf(sql('INSERT INTO change_counters (user_id) VALUES ($1)', [randomUUID()]))).toEqual({
      kind: 'foreign_key',
      constraint: 'change_counters_user_id_fkey',
    });
  });

  test('check', async () => {
    const { id } = await database.prisma.user.create({ data: person() });
    expect(await faultOf(database.prisma.task.create({ data: { ...task(id), title: '' } }))).toEqual({
      kind: 'check',
      constraint: 'tasks_title_check',
    });
    expect(await faultOf(sql('UPDATE users SET version = 0 WHERE id = $1', [id]))).toEqual({
      kind: 'check',
      constraint: 'users_version_check',
    });
  });
});

test('text that PostgreSQL cannot store', async () => {
  expect(await faultOf(sql('SELECT $1::text', ['a\u0000b']))).toEqual({ kind: 'invalid_text' });
  expect(await faultOf(sql('SELECT $1::jsonb', ['"\\u0000"']))).toEqual({ kind: 'invalid_text' });
  expect(await faultOf(sql('SELECT $1::uuid', ['no-uuid']))).toEqual({ kind: 'invalid_text' });
  expect(await faultOf(database.prisma.user.create({ data: { ...person(), name: 'a\u0000b' } }))).toEqual({
    kind: 'invalid_text',
  });
  expect(await faultOf(database.prisma.user.findUnique({ where: { id: 'no-uuid' } }))).toEqual({
    kind: 'invalid_text',
  });
});

test('a bug of ours, or an error from elsewhere, is not a database error', async () => {
  expect(await faultOf(sql('SELECT nonsense'))).toBeNull();
  expect(await faultOf(database.prisma.$queryRaw`SELECT 1 / 0`)).toBeNull();
  expect(await faultOf(database.transaction(async () => Promise.reject(new Error('a rule of ours'))))).toBeNull();
  expect(databaseFault(undefined)).toBeNull();
  expect(databaseFault('text')).toBeNull();
});

test('a closed database', async () => {
  const closed = await testDatabase();
  await closed.close();
  expect(await faultOf(closed.query({ text: 'SELECT 1' }, []))).toEqual({ kind: 'unavailable' });
  expect(await faultOf(closed.prisma.user.count())).toEqual({ kind: 'unavailable' });
  expect(await faultOf(closed.ping())).toEqual({ kind: 'unavailable' });
});

const server = await testServerUrl();

describe('server failures', () => {
  test('a terminated backend: its callers get the error, the next one gets a new connection', async () => {
    const running = Promise.all([
      faultOf(sql('SELECT pg_sleep(20)')),
      faultOf(database.prisma.$queryRaw`SELECT pg_sleep(20)::text`),
      faultOf(database.transaction((tx) => tx.query({ text: 'SELECT pg_sleep(20)' }, []))),
      faultOf(database.prisma.$transaction((tx) => tx.$queryRaw`SELECT pg_sleep(20)::text`)),
    ]);
    await expect.poll(() => poolOf(database).busy.size).toBe(4);
    await using other = await openDatabase({ url: server, poolSize: 1 });
    await expect
      .poll(() =>
        other
          .query(
            {
              text: `SELECT pid FROM pg_stat_activity WHERE datname = $1 AND state = 'active' AND query LIKE '%pg_sleep(20)%'`,
            },
            [poolOf(database).options.database ?? ''],
          )
          .then((rows) => rows.length),
      )
      .toBe(4);
    await other.query({ text: 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1' }, [
      poolOf(database).options.database ?? '',
    ]);
    const gone = { kind: 'unavailable' };
    expect(await running).toEqual([gone, gone, gone, gone]);
    await database.ping();
  });

  test('a locked row', async () => {
    const { id } = await database.prisma.user.create({ data: person() });
    await database.transaction(async (tx) => {
      await tx.query({ text: 'SELECT 1 FROM users WHERE id = $1 FOR UPDATE' }, [id]);
      const began = performance.now();
      expect(
        await Promise.all([
          faultOf(sql('UPDATE users SET name = name WHERE id = $1', [id])),
          faultOf(database.prisma.user.update({ where: { id }, data: { name: 'y' } })),
        ]),
      ).toEqual([{ kind: 'timeout' }, { kind: 'timeout' }]);
      expect(performance.now() - began).toBeLessThan(3_000);
    });
  });

  test('a statement timeout', async () => {
    await using hasty = await openDatabase({ url: server, statementTimeoutMs: 100 });
    expect(await faultOf(hasty.query({ text: 'SELECT pg_sleep(5)' }, []))).toEqual({ kind: 'timeout' });
    expect(await faultOf(hasty.prisma.$queryRaw`SELECT pg_sleep(5)::text`)).toEqual({ kind: 'timeout' });
  });

  test('a deadlock and a serialization failure', async () => {
    const [a, b] = await Promise.all([
      database.prisma.user.create({ data: person() }),
      database.prisma.user.create({ data: person() }),
    ]);
    const lock = (id: string) => ({ text: `SELECT 1 FROM users WHERE id = '${id}' FOR UPDATE` });
    const ready = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const cross = (first: string, second: string, mine: () => void, theirs: Promise<void>): Promise<unknown> =>
      database.transaction(async (tx) => {
        await tx.query({ text: `SET LOCAL deadlock_timeout = '50ms'` }, []);
        await tx.query(lock(first), []);
        mine();
        await theirs;
        await tx.query(lock(second), []);
        return 'won';
      });
    const outcomes = await Promise.all(
      [
        cross(a.id, b.id, ready[0].resolve, ready[1].promise),
        cross(b.id, a.id, ready[1].resolve, ready[0].promise),
      ].map((work) => work.catch((error: unknown) => databaseFault(error))),
    );
    expect(outcomes).toContainEqual({ kind: 'timeout' });
    expect(outcomes).toContain('won');

    const serial = database.transaction(async (tx) => {
      await tx.query({ text: 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ' }, []);
      await tx.query({ text: 'SELECT 1 FROM users' }, []);
      await sql('UPDATE users SET name = $2 WHERE id = $1', [a.id, 'changed']);
      await tx.query({ text: 'UPDATE users SET name = name WHERE id = $1' }, [a.id]);
    });
    expect(await faultOf(serial)).toEqual({ kind: 'timeout' });
  });

  test('a closed port, an unknown database, no connection left', async () => {
    const gone = { kind: 'unavailable' };
    expect(await faultOf(openDatabase({ url: 'postgres://postgres@127.0.0.1:1/x' }))).toEqual(gone);
    expect(await faultOf(openDatabase({ url: 'postgres://postgres@localhost:1/x' }))).toEqual(gone);
    const url = new URL(server);
    url.pathname = '/no_such_database';
    expect(await faultOf(openDatabase({ url: url.href }))).toEqual(gone);

    const role = `few_${randomUUID().slice(0, 8)}`;
    await sql(`CREATE ROLE ${role} LOGIN CONNECTION LIMIT 1`);
    const few = new URL(server);
    few.username = role;
    try {
      await using database = await openDatabase({ url: few.href, poolSize: 2 });
      const outcomes = await Promise.all(
        [1, 2].map(() => faultOf(database.query({ text: 'SELECT pg_sleep(0.3)' }, []))),
      );
      expect(outcomes).toContainEqual(gone); // 53300
    } finally {
      await sql(`DROP ROLE ${role}`);
    }
  });
});
