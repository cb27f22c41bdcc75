import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, RunQuery } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { makeBearerSecret } from '../../platform/crypto/bearer-secret.ts';
import { callAs, signUp, type TestClock, testClock, testDeps, testLog } from '../../testing/index.ts';
import { createSessionGate } from '../sessions/session-gate.ts';
import { createKeyVerifier, type KeyVerifier, keyPrefix } from './key-verifier.ts';

let db: Database;
let deps: Deps;
let clock: TestClock;
let names: (string | undefined)[] = [];
let verifier: KeyVerifier;

const counted: { query: RunQuery } = {
  query: (statement, values) => {
    names.push(statement.name);
    return db.query(statement, values);
  },
};
const looks = () => names.filter((name) => name === 'apiKeys.verify').length;
const writes = () => names.filter((name) => name === 'apiKeys.recordUse').length;
const settled = () => sleep(50);

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  clock = testClock();
  names = [];
  verifier = createKeyVerifier(counted, clock, testLog(), { rememberSeconds: 300 });
  deps = await testDeps(db, { clock, apiKeys: verifier });
});

async function newKey() {
  const { api, user } = await signUp(deps);
  const { key, apiKey } = await api.apiKeys.create({ name: 'k', scopes: ['tasks:read'] });
  return { api, user, key, id: apiKey.id };
}

it('does not query the database for malformed keys', async () => {
  const { key } = await newKey();
  for (const text of [
    keyPrefix,
    `${keyPrefix}x`,
    key.slice(0, -1),
    `${key}A`,
    `${key}=`,
    `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`,
    key.replace(/[\w-]{91}$/, (body) => body.split('').reverse().join('')),
    `${keyPrefix}${'é'.repeat(91)}`,
    `${keyPrefix}${'A'.repeat(1_000_000)}`,
  ]) {
    await expect(async () => verifier.verify(text, null)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'Invalid API key',
    });
  }
  expect(looks()).toBe(0);
});

it('queries once for many concurrent calls, and not again for five minutes', async () => {
  const { key, id, user } = await newKey();
  const callers = await Promise.all(Array.from({ length: 50 }, () => verifier.verify(key, null)));
  expect(new Set(callers).size).toBe(1);
  expect(callers[0]).toMatchObject({ id: user.id, sessionId: id, scopes: new Set(['tasks:read']) });
  clock.advance({ seconds: 299 });
  // No promise: nothing is waited for.
  expect(verifier.verify(key, null)).toBe(callers[0]);
  expect(looks()).toBe(1);
  clock.advance({ seconds: 1 });
  await verifier.verify(key, null);
  expect(looks()).toBe(2);
});

it('caches no failure: each unknown key costs one query, and is refused every time', async () => {
  const { user } = await signUp(deps);
  const unknown = keyPrefix + makeBearerSecret(user.id, uuidv7(), deps.random).text;
  for (let count = 0; count < 3; count += 1) {
    await expect(verifier.verify(unknown, null)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  }
  expect(looks()).toBe(3);
});

it('fails when it cannot query, and works again when it can', async () => {
  const { key } = await newKey();
  let isDown = true;
  const shaky = createKeyVerifier(
    { query: (statement, values) => (isDown ? Promise.reject(new Error('no database')) : db.query(statement, values)) },
    clock,
    testLog(),
    { rememberSeconds: 300 },
  );
  await expect(shaky.verify(key, null)).rejects.toThrow('no database');
  isDown = false;
  expect(await shaky.verify(key, null)).toMatchObject({ sessionId: expect.any(String) });
});

it('records the last use at most once a minute, without a new version, change number or activity entry', async () => {
  const { api, key, id, user } = await newKey();
  const before = await db.prisma.changeCounter.findFirstOrThrow({ where: { userId: user.id } });
  const byKey = callAs(deps, key);
  for (let count = 0; count < 20; count += 1) await byKey.tasks.list({});
  await settled();
  expect(writes()).toBe(1);
  expect(await api.apiKeys.get({ id })).toMatchObject({
    lastUsedAt: '2026-03-04T10:00:00.000Z',
    lastUsedAddress: '192.0.2.1',
    version: 1,
  });
  clock.advance({ seconds: 59 });
  await byKey.tasks.list({});
  await settled();
  expect(writes()).toBe(1);
  clock.advance({ seconds: 1 });
  await byKey.tasks.list({});
  await settled();
  expect(writes()).toBe(2);
  expect(await api.apiKeys.get({ id })).toMatchObject({ lastUsedAt: '2026-03-04T10:01:00.000Z', version: 1 });
  expect(await db.prisma.changeCounter.findFirstOrThrow({ where: { userId: user.id } })).toEqual(before);
});

it('records the last use once a minute across all processes', async () => {
  const { key, id } = await newKey();
  const others = Array.from({ length: 5 }, () => createKeyVerifier(db, clock, testLog(), { rememberSeconds: 300 }));
  await verifier.verify(key, '192.0.2.7');
  await settled();
  clock.advance({ seconds: 30 });
  await Promise.all(others.map((other) => other.verify(key, '192.0.2.8')));
  await settled();
  expect(await db.prisma.apiKey.findFirstOrThrow({ where: { id } })).toMatchObject({ lastUsedAddress: '192.0.2.7' });
});

it('neither waits for the recording nor fails with it', async () => {
  const { key } = await newKey();
  const log = testLog();
  const { promise: never } = Promise.withResolvers<never>();
  const { promise: broken, reject: breakDown } = Promise.withResolvers<never>();
  let asked = 0;
  const slow = createKeyVerifier(
    {
      query: (statement, values) => {
        if (statement.name !== 'apiKeys.recordUse') return db.query(statement, values);
        asked += 1;
        return asked === 1 ? broken : never;
      },
    },
    clock,
    log,
    { rememberSeconds: 3000 },
  );
  await slow.verify(key, null);
  for (let minute = 0; minute < 5; minute += 1) {
    clock.advance({ minutes: 1 });
    expect(slow.verify(key, null)).toMatchObject({ sessionId: expect.any(String) });
  }
  // One statement at a time, and one use of each key waits.
  expect(asked).toBe(1);
  breakDown(new Error('no database'));
  await settled();
  expect(asked).toBe(2);
  expect(log.lines.map(({ message }) => message)).toEqual(['could not record the use of API keys']);
});

it('another process refuses the key within a second of its end, without a query of its own', async () => {
  const real = { now: () => new Date() };
  const here = await testDeps(db, { clock: real });
  const { api } = await signUp(here);
  const { key, apiKey } = await api.apiKeys.create({ name: 'k', scopes: ['tasks:read'] });
  const there = {
    ...here,
    apiKeys: createKeyVerifier(counted, real, testLog(), { rememberSeconds: 300 }),
    sessions: createSessionGate(db, testLog(), { accessSeconds: 900 }),
  };
  const elsewhere = callAs(there, key);
  await elsewhere.tasks.list({});
  await api.apiKeys.revoke({ id: apiKey.id });
  const revokedAt = performance.now();
  for (;;) {
    const isOpen = await elsewhere.tasks.list({}).then(
      () => true,
      () => false,
    );
    if (!isOpen) break;
    expect(performance.now() - revokedAt).toBeLessThan(1000);
    await sleep(20);
  }
  expect(looks()).toBe(1);
});

it('caches a key for at most the lifetime of an access token', async () => {
  const short = await testDeps(db, { clock, tokens: { ...deps.tokens, accessSeconds: 60 } });
  const { key } = await newKey();
  await short.apiKeys.verify(key, null);
  await db.query({ text: 'UPDATE api_keys SET ended_at = now()' }, []);
  clock.advance({ seconds: 60 });
  await expect(short.apiKeys.verify(key, null)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});
