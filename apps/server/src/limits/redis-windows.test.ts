import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCallLimiter, createGuessLimiter, guessBudgets, type WindowLimit } from '@alice/api';
import { recordedPasswords, signInFrom, signUp, testDeps, testPassword } from '@alice/api/testing';
import { testDatabase } from '@alice/db/testing';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testRedisUrl } from '../../test/harness/env.ts';
import { openRedisGate, type RedisGate } from '../../test/harness/redis-gate.ts';
import { connectRedis, type RedisConnection } from '../redis.ts';

const redisUrl = testRedisUrl();
/** Emptied by these tests. */
const database = 9;
const silent = pino({ enabled: false });

if (redisUrl === null) {
  it('without Redis from the start, each process applies half of each limit, without delay', async () => {
    const connection = connectRedis('redis://127.0.0.1:1', silent);
    const windows = connection.openWindows({ name: 't0', points: 10, seconds: 60 });
    const taken = await Promise.all(Array.from({ length: 50 }, () => windows.take('ada', 1)));
    await connection.close();
    expect(taken.filter(({ granted }) => granted === 1)).toHaveLength(5);
  });
} else {
  describe('windows in Redis', { timeout: 60_000 }, () => windowsIn(redisUrl));
}

function windowsIn(redisUrl: string): void {
  let gate: RedisGate;
  let admin: Redis;
  let one: RedisConnection;
  let other: RedisConnection;
  let limits = 0;
  /** A limit that no other test counts. */
  const limitOf = (points: number, seconds = 60): WindowLimit => {
    limits += 1;
    return { name: `t${limits}`, points, seconds };
  };
  const untilReady = async (connection: RedisConnection) => {
    for (let tries = 0; tries < 100; tries += 1) {
      if (
        await connection.ping().then(
          () => true,
          () => false,
        )
      )
        return;
      await sleep(50);
    }
    throw new Error('no Redis');
  };

  beforeAll(async () => {
    gate = await openRedisGate(redisUrl, database);
    admin = new Redis(redisUrl, { db: database });
  });
  afterAll(async () => {
    await admin?.flushdb();
    admin?.disconnect();
    await gate?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await admin.flushdb();
    one = connectRedis(gate.url, silent);
    other = connectRedis(gate.url, silent);
    await Promise.all([untilReady(one), untilReady(other)]);
  });
  afterEach(async () => {
    gate.resume();
    await Promise.all([one.close(), other.close()]);
  });

  it('are shared: fifty concurrent calls to two processes get exactly as many points as there are', async () => {
    const limit = limitOf(10);
    const [here, there] = [one.openWindows(limit), other.openWindows(limit)];
    const taken = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? here : there).take('ada', 1)),
    );
    expect(taken.filter(({ granted }) => granted === 1)).toHaveLength(10);
    expect(taken.map(({ granted, left }) => granted + left)).toContain(10);
    for (const { msUntilEnd } of taken) expect(msUntilEnd).toBeGreaterThan(55_000);
  });

  it('grant what is left, consume nothing when they refuse, and take refunds', async () => {
    const windows = one.openWindows(limitOf(10));
    expect(await windows.take('ada', 6)).toMatchObject({ granted: 6, left: 4 });
    expect(await windows.take('ada', 6)).toMatchObject({ granted: 4, left: 0 });
    for (let count = 0; count < 5; count += 1) {
      expect(await windows.take('ada', 6)).toMatchObject({ granted: 0, left: 0 });
    }
    windows.giveBack('ada', 1);
    expect(await windows.take('ada', 6)).toMatchObject({ granted: 1, left: 0 });
    windows.giveBack('ada', 1000);
    expect(await windows.take('ada', 6)).toMatchObject({ granted: 6, left: 4 });
  });

  it('expire, leave no keys behind, and ignore later refunds', async () => {
    const windows = one.openWindows(limitOf(5, 1));
    expect(await windows.take('ada', 5)).toMatchObject({ granted: 5 });
    expect(await admin.keys('*')).toEqual([expect.stringMatching(/^alice:t\d+:ada$/)]);
    await sleep(1100);
    expect(await admin.keys('*')).toEqual([]);
    windows.giveBack('ada', 3);
    expect(await windows.take('ada', 7)).toMatchObject({ granted: 5 });
  });

  it('contain neither an account nor an address beyond its network in their keys, and all expire', async () => {
    const guesses = createGuessLimiter({ secret: 'a key of this test alone', openWindows: one.openWindows });
    const limiter = createCallLimiter({ callsPerMinute: 10, anonymousPerMinute: 10, openWindows: one.openWindows });
    for (const kind of ['password', 'code', 'mail', 'notice', 'register', 'token'] as const) {
      await guesses.count({ kind, address: '2001:db8::7', account: 'ada@example.com' });
    }
    await limiter.countCall('a person', 'a key');
    await limiter.countAnonymous('::ffff:192.0.2.1');
    const keys = await admin.keys('*');
    expect(keys).toHaveLength(14);
    for (const key of keys) {
      expect(key).toMatch(
        /^alice:([a-z]\d:([\w-]{16}|2001:db8:0:0::\/64)|u:a person|k:a person:a key|n:192[.]0[.]2[.]1)$/,
      );
      expect(await admin.ttl(key)).toBeGreaterThan(0);
    }
  });

  it('apply half of each limit per process while Redis is down, and are shared again after it is back', async () => {
    const limit = limitOf(10);
    const [here, there] = [one.openWindows(limit), other.openWindows(limit)];
    await here.take('ada', 3);
    await gate.stop();
    await sleep(50);
    const startedAt = performance.now();
    for (const windows of [here, there]) {
      const taken = await Promise.all(Array.from({ length: 50 }, () => windows.take('ada', 1)));
      expect(taken.filter(({ granted }) => granted === 1)).toHaveLength(5);
    }
    expect(performance.now() - startedAt).toBeLessThan(100);
    await gate.start();
    const backAt = performance.now();
    while ((await there.take('ada', 1)).granted === 0) await sleep(50);
    expect(performance.now() - backAt).toBeLessThan(5000);
    // What was counted before is still there: three, and the one just now.
    await untilReady(one);
    await sleep(1100);
    expect(await here.take('ada', 100)).toMatchObject({ granted: 6 });
  });

  it.each([
    ['says nothing', () => gate.pause()],
    ['is slow by 500 ms', () => gate.slow(500)],
  ])('delay one call per second by 100 ms while Redis %s, and no other call', async (_name, break_) => {
    const windows = one.openWindows(limitOf(10));
    await windows.take('ada', 1);
    break_();
    const waits: number[] = [];
    let granted = 0;
    for (let count = 0; count < 250; count += 1) {
      const startedAt = performance.now();
      granted += (await windows.take('ada', 1)).granted;
      waits.push(performance.now() - startedAt);
      await sleep(10);
    }
    waits.sort((a, b) => a - b);
    expect(granted).toBe(5);
    expect(waits.at(-1)).toBeLessThan(200);
    expect(waits.filter((ms) => ms > 50).length).toBeLessThanOrEqual(4);
    gate.resume();
    const backAt = performance.now();
    while ((await windows.take('ada', 1)).granted === 0) await sleep(50);
    expect(performance.now() - backAt).toBeLessThan(5000);
  });

  it('start again when Redis was emptied', async () => {
    const limiter = createCallLimiter({ callsPerMinute: 5, openWindows: one.openWindows });
    const used = async () => (await limiter.countCall('ada')).isUsedUp;
    for (let count = 0; count < 5; count += 1) expect(await used()).toBe(false);
    expect(await used()).toBe(true);
    await admin.flushdb();
    await sleep(1050);
    expect(await used()).toBe(false);
  });

  // Redis counts in seconds of its own, which no test can move: here an hour is a second, and the attack ends within a day.
  it('let at most 100 of 10,000 guesses per day from 50 addresses reach the hash', { timeout: 180_000 }, async () => {
    await using db = await testDatabase();
    const plain = await testDeps(db);
    const passwords = recordedPasswords(plain.passwords);
    const { password: budgets, ...rest } = guessBudgets({ registrationsPerHour: 1000, mailsPerHour: 1000 });
    const shortened = budgets.map((budget) => ({ ...budget, seconds: budget.seconds > 3600 ? 300 : 1 }));
    const guesses = createGuessLimiter({
      secret: randomUUID(),
      openWindows: one.openWindows,
      budgets: { ...rest, password: shortened },
    });
    const deps = { ...plain, passwords, guesses };
    const owner = await signUp(deps);
    for (let round = 0; round < 200; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, address) =>
          signInFrom(deps, `203.0.113.${address}`, { email: owner.email, password: `guess ${round}` }),
        ),
      );
      expect(answers).not.toContain(null);
      if (round % 20 !== 0) continue;
      expect((await owner.api.users.me()).email).toBe(owner.email);
      expect(await signInFrom(deps, '192.0.2.1', { email: owner.email, password: testPassword })).toBeNull();
    }
    const reached = passwords.asked.filter((password) => password !== testPassword).length;
    expect(reached).toBeGreaterThanOrEqual(10);
    expect(reached).toBeLessThanOrEqual(100);
  });
}
