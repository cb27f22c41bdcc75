import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { type Person, register } from '../harness/call.ts';
import { type ChildServer, startServer } from '../harness/child-server.ts';
import { testRedisUrl } from '../harness/env.ts';
import { openLoop, quantile } from '../harness/open-loop.ts';
import { openRedisGate } from '../harness/redis-gate.ts';
import { createTestStore } from '../harness/test-store.ts';

const redisUrl = testRedisUrl();
/** Emptied by these tests. */
const database = 10;
const secret = 'kDj3nE8vTqLwX5zRb1mHc7yPfG0sUa9oViC2xNtZ';
let addresses = 0;

/** A wrong password for an address that has no account, from where nobody called before. Gives the status. */
async function guess(server: ChildServer, email: string): Promise<number> {
  const response = await login(server, email);
  await response.arrayBuffer();
  return response.status;
}

function login(server: ChildServer, email: string): Promise<Response> {
  addresses += 1;
  return fetch(`${server.url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': `10.1.${addresses >> 8}.${addresses & 255}` },
    body: JSON.stringify({ email, password: 'not the password of anybody' }),
  });
}

function list(server: ChildServer, { token }: Person): Promise<Response> {
  return fetch(`${server.url}/api/v1/tasks`, { headers: { authorization: `Bearer ${token}` } });
}

const isRefused = (status: number) => status === 429;

test('without Redis, a process applies half of each limit by itself and answers every call', {
  timeout: 60_000,
}, async () => {
  await using store = await createTestStore();
  await using server = await startServer({
    ...store,
    redisUrl: 'redis://127.0.0.1:1',
    env: { TRUSTED_PROXIES: '127.0.0.0/8' },
  });
  const email = `${randomUUID()}@example.test`;
  const statuses = await Promise.all(Array.from({ length: 22 }, () => guess(server, email)));
  expect(statuses.toSorted((a, b) => a - b)).toEqual([...Array<number>(10).fill(401), ...Array<number>(12).fill(429)]);
});

if (redisUrl !== null) {
  describe('rate limits in Redis', { timeout: 120_000 }, () => limitsOver(redisUrl));
}

function limitsOver(redisUrl: string): void {
  test('F4: two processes share one budget, use half each without Redis, start again when it is emptied, and never fail', async () => {
    const admin = new Redis(redisUrl, { db: database });
    await using gate = await openRedisGate(redisUrl, database);
    await using stores = new AsyncDisposableStack();
    const servers: ChildServer[] = [];
    for (let count = 0; count < 2; count += 1) {
      const store = stores.use(await createTestStore());
      const env = { TRUSTED_PROXIES: '127.0.0.0/8', SECRET_KEY: secret, RATE_LIMIT_CALLS_PER_MINUTE: '6000' };
      servers.push(stores.use(await startServer({ ...store, redisUrl: gate.url, env })));
    }
    const [one, other] = servers;
    if (one === undefined || other === undefined) throw new Error('no servers');
    // A first login takes a server so long that it may think Redis slow; it looks again a second later.
    for (const server of servers)
      for (let count = 0; count < 5; count += 1) await guess(server, `${count}@example.test`);
    await sleep(1200);
    for (const server of servers) await guess(server, 'shared-again@example.test');
    await admin.flushdb();
    const email = `${randomUUID()}@example.test`;
    /** How many of so many guesses at both were looked at; each answer is 401 or 429. */
    const lookedAt = async (perServer: number): Promise<number[]> => {
      const answers = await Promise.all(
        servers.map((server) => Promise.all(Array.from({ length: perServer }, () => guess(server, email)))),
      );
      for (const status of answers.flat()) expect([401, 429]).toContain(status);
      return answers.map((of) => of.filter((status) => !isRefused(status)).length);
    };
    const total = async (perServer: number) => (await lookedAt(perServer)).reduce((sum, of) => sum + of, 0);

    expect(await total(22)).toBe(20);

    await gate.stop();
    await sleep(100);
    expect(await lookedAt(22)).toEqual([10, 10]);

    await gate.start();
    const backAt = performance.now();
    await admin.flushdb();
    // Both are refused by their own memory until they have found Redis again, which knows of nothing.
    for (const server of servers) while (isRefused(await guess(server, email))) await sleep(50);
    expect(performance.now() - backAt).toBeLessThan(5000);
    await admin.flushdb();
    expect(await total(22)).toBe(20);
    admin.disconnect();
  });

  test('F4: a stopped, silent, slow or emptied Redis fails no call and delays calls only slightly', async () => {
    const admin = new Redis(redisUrl, { db: database });
    await using gate = await openRedisGate(redisUrl, database);
    await using store = await createTestStore();
    await using server = await startServer({
      ...store,
      redisUrl: gate.url,
      env: { TRUSTED_PROXIES: '127.0.0.0/8', RATE_LIMIT_CALLS_PER_MINUTE: '6000' },
    });
    const ada = await register(server.url);
    const email = () => `${randomUUID()}@example.test`;
    /** Lists and logins side by side. */
    const load = async (seconds: number) => {
      const [lists, logins] = await Promise.all([
        openLoop({ perSecond: 20, seconds }, () => list(server, ada)),
        openLoop({ perSecond: 4, seconds }, () => login(server, email())),
      ]);
      return { lists, logins };
    };
    await load(2);
    const baseline = await load(3);
    const rows: Record<string, object> = {};
    const allowance = 120;
    for (const [name, break_, mend] of [
      ['stopped', () => gate.stop(), () => gate.start()],
      ['silent', () => gate.pause(), () => gate.resume()],
      ['slow by 500 ms', () => gate.slow(500), () => gate.resume()],
      ['emptied', () => admin.flushdb(), () => undefined],
    ] as const) {
      await break_();
      const { lists, logins } = await load(3);
      await mend();
      await sleep(2500);
      const figures = (of: typeof lists, before: typeof lists) => ({
        p99: Math.round(quantile(of.latencies, 0.99)),
        before: Math.round(quantile(before.latencies, 0.99)),
        statuses: JSON.stringify(of.statuses),
      });
      rows[`${name}: lists`] = figures(lists, baseline.lists);
      rows[`${name}: logins`] = figures(logins, baseline.logins);
      expect(lists.statuses).toEqual({ 200: 60 });
      expect(logins.statuses).toEqual({ 401: 12 });
      for (const [of, before] of [
        [lists, baseline.lists],
        [logins, baseline.logins],
      ] as const) {
        expect(quantile(of.latencies, 0.99), JSON.stringify(rows)).toBeLessThanOrEqual(
          quantile(before.latencies, 0.99) + allowance,
        );
      }
    }
    console.table(rows);
    admin.disconnect();
  });
}
