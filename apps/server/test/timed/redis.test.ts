import { expect, test } from 'vitest';
import { call, health, register } from '../harness/call.ts';
import { startServer } from '../harness/child-server.ts';
import { testRedisUrl } from '../harness/env.ts';
import { createTestStore } from '../harness/test-store.ts';

const timeout = 60_000;
const redisUrl = testRedisUrl();

test('without Redis, health reports it as disabled', { timeout }, async () => {
  await using store = await createTestStore();
  await using server = await startServer(store);
  expect(await health(server.url)).toMatchObject({
    httpStatus: 200,
    body: { status: 'healthy', services: { db: 'ok', redis: 'disabled' } },
  });
});

if (redisUrl !== null) {
  test('with Redis, health reports it as ok, also at the first request', { timeout }, async () => {
    await using store = await createTestStore();
    await using server = await startServer({ ...store, redisUrl });
    expect(await health(server.url)).toMatchObject({
      httpStatus: 200,
      body: { status: 'healthy', services: { db: 'ok', redis: 'ok' } },
    });
    expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });
  });
}

test('with Redis down the server starts, reports degraded, serves, and stops', { timeout }, async () => {
  await using store = await createTestStore();
  await using server = await startServer({ ...store, redisUrl: 'redis://127.0.0.1:1' });

  const askedAt = performance.now();
  const answer = await health(server.url);
  expect(performance.now() - askedAt).toBeLessThan(1500);
  expect(answer).toMatchObject({
    httpStatus: 200,
    body: { status: 'degraded', services: { db: 'ok', redis: 'error' } },
  });

  const ada = await register(server.url);
  const { id } = await call(server.url, 'tasks.create', { title: 'without Redis' }, ada.token);
  expect((await call(server.url, 'tasks.get', { id }, ada.token)).title).toBe('without Redis');
  // One line for the outage, however often it tries.
  expect(server.logs.filter(({ level, msg }) => level === 'warn' && String(msg).includes('Redis'))).toHaveLength(1);
  expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });
});
