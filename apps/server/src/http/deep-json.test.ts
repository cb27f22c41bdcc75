import type { Deps } from '@alice/api';
import { signUp, testDeps } from '@alice/api/testing';
import type { Database } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import type { Hono } from 'hono';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../app.ts';
import type { AppEnv } from './request-scope.ts';

let db: Database;
let deps: Deps;
let app: Hono<AppEnv>;
let token = '';

beforeAll(async () => {
  db = await testDatabase();
  deps = await testDeps(db);
  const log = pino({ level: 'silent' });
  app = createApp({
    deps,
    log,
    accessLog: log,
    name: 'ALICE',
    version: '1',
    corsOrigins: [],
    trustedProxies: [],
    checkHealth: async () => ({ status: 'healthy', version: '1', services: { db: 'ok', redis: 'disabled' } }),
    isDraining: () => false,
  });
  token = (await signUp(deps)).tokens.accessToken;
});
afterAll(() => db.close());

/** JSON of so many levels, the outermost an object, as every input is. */
const lists = (levels: number) => `{"title":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
const objects = (levels: number) => `${'{"title":'.repeat(levels)}1${'}'.repeat(levels)}`;

const tooDeep = 'is nested more than 32 levels deep';

interface Ask {
  readonly key?: string;
  readonly isSignedIn?: boolean;
  readonly headers?: Record<string, string>;
}

async function post(path: string, body: string, { key, isSignedIn = true, headers = {} }: Ask = {}) {
  const response = await app.request(path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(isSignedIn ? { authorization: `Bearer ${token}` } : {}),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...headers,
    },
    body,
  });
  return { status: response.status, text: await response.text() };
}

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await app.request(path, { headers: { authorization: `Bearer ${token}`, ...headers } });
  return { status: response.status, text: await response.text() };
}

const refused = { status: 400, text: expect.stringContaining(tooDeep) };
const adapter = { 'trpc-accept': 'application/jsonl' };

describe.each([
  ['lists', lists],
  ['objects', objects],
])('%s that are nested too deep', (_name, nested) => {
  it.each([33, 5000, 60_000])('refuses %i levels at any position', async (levels) => {
    const body = nested(levels);
    for (const key of [undefined, 'a-key']) {
      const ask = key === undefined ? {} : { key };
      expect(await post('/api/v1/tasks', body, ask)).toEqual(refused);
      expect(await post('/trpc/tasks.create', body, ask)).toEqual(refused);
      expect(await post('/trpc/tasks.create?batch=1', `{"0":${body}}`, ask)).toMatchObject({
        status: 400,
        text: expect.stringContaining(tooDeep),
      });
      expect(await post('/trpc/tasks.create', body, { ...ask, headers: adapter })).toEqual(refused);
      expect(await post('/api/v1/auth/login', body, { ...ask, isSignedIn: false })).toEqual(refused);
      expect(await post('/trpc/auth.login', body, { ...ask, isSignedIn: false })).toEqual(refused);
    }
  });

  it('lets the schema validate up to 32 levels', async () => {
    for (const path of ['/api/v1/tasks', '/trpc/tasks.create']) {
      const { status, text } = await post(path, nested(32), { key: `${path.length}-key` });
      expect(status).toBe(400);
      expect(text).toContain('title');
      expect(text).not.toContain(tooDeep);
    }
  });

  it('refuses deep JSON in the query string of a read', async () => {
    const body = nested(300);
    const query = `input=${encodeURIComponent(body)}`;
    expect(await get(`/trpc/tasks.list?${query}`)).toEqual(refused);
    expect(await get(`/trpc/tasks.list?batch=1&input=${encodeURIComponent(`{"0":${body}}`)}`)).toEqual(refused);
    expect(await get(`/trpc/tasks.list?${query}`, adapter)).toEqual(refused);
    expect(await get(`/trpc/sync.live?${query}`)).toEqual(refused);
  });
});

it.each([
  ['10,000 open brackets', '['.repeat(10_000)],
  ['a million', '['.repeat(1_000_000)],
  ['brackets after a line break in a string', `"\n${'['.repeat(10_000)}`],
  ['brackets after a comment', `/*"*/${'['.repeat(10_000)}`],
  ['mismatched brackets', '[}{]'.repeat(10_000)],
])('%s are invalid JSON, and not an internal error', async (_name, body) => {
  for (const path of ['/api/v1/auth/login', '/trpc/auth.login']) {
    const { status, text } = await post(path, body, { isSignedIn: false });
    expect([path, status]).toEqual([path, 400]);
    expect(JSON.stringify(text)).toContain('VALIDATION_FAILED');
  }
});

it('ignores brackets inside strings', async () => {
  const title = `"${'[{'.repeat(100)}\\"`;
  const { status, text } = await post('/api/v1/tasks', JSON.stringify({ title, notes: '['.repeat(1000) }));
  expect(status).toBe(201);
  expect(JSON.parse(text).data).toMatchObject({ title, notes: '['.repeat(1000) });
});
