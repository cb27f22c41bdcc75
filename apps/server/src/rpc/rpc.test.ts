import type { Deps } from '@alice/api';
import { testDeps, testPassword } from '@alice/api/testing';
import type { Database } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { Hono } from 'hono';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientAddress } from '../http/client-address.ts';
import { type AppEnv, requestScope } from '../http/request-scope.ts';
import { cors } from '../http/response-headers.ts';
import { sessionCookies } from '../http/session-cookies.ts';
import { readDirectCall } from './direct.ts';
import { answerByAdapter, serveRpc } from './serve-rpc.ts';

let db: Database;
let deps: Deps;
let token = '';
let taskId = '';

beforeAll(async () => {
  db = await testDatabase();
  deps = await testDeps(db);
  const registered = await ask('ours', 'auth.register', {
    method: 'POST',
    body: JSON.stringify({ email: 'ada@example.com', password: testPassword, name: 'Ada' }),
  });
  token = JSON.parse(registered.text).result.data.tokens.accessToken;
  const created = await ask('ours', 'tasks.create', { method: 'POST', body: '{"title":"first"}' });
  taskId = JSON.parse(created.text).result.data.id;
});
afterAll(() => db.close());

const log = pino({ level: 'silent' });

/** The same request to our short way or to tRPC's adapter, with nothing of the host around it but the scope. */
async function ask(way: 'ours' | 'adapter', path: string, init: RequestInit = {}) {
  const app = new Hono<AppEnv>();
  let isDirect = false;
  const scoped = requestScope({
    log,
    accessLog: log,
    clientAddress: clientAddress([]),
    cors: cors([]),
    cookies: sessionCookies('http://localhost:8000', []),
    isDraining: () => false,
  });
  app.all(
    '/trpc/*',
    scoped((c) => {
      isDirect = readDirectCall(c) !== null;
      return way === 'ours' ? serveRpc(deps)(c) : answerByAdapter(c, deps);
    }),
  );
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
    'x-request-id': 'same-request',
    ...init.headers,
  };
  const response = await app.request(`/trpc/${path}`, { ...init, headers });
  const { status } = response;
  return {
    isDirect,
    status,
    type: response.headers.get('content-type'),
    retryAfter: response.headers.get('retry-after'),
    text: await response.text(),
  };
}

const input = (value: unknown) => `input=${encodeURIComponent(JSON.stringify(value))}`;
const post = (body: string): RequestInit => ({ method: 'POST', body });

describe('plain calls on the fast path get the same response as from the tRPC adapter', () => {
  it.each<[string, () => string, RequestInit]>([
    ['a query', () => 'users.me', {}],
    ['a query with input', () => `tasks.get?${input({ id: taskId })}`, {}],
    ['a query without its required input', () => 'tasks.get', {}],
    ['a query with malformed JSON', () => 'tasks.list?input={', {}],
    ['a query with invalid input', () => `tasks.list?${input({ limit: 0, status: ['x'] })}`, {}],
    ['a query for a missing row', () => `tasks.get?${input({ id: '01a20543-66c4-727a-834f-ddca3c63f226' })}`, {}],
    ['a query without a token', () => 'users.me', { headers: { authorization: '' } }],
    ['a query with an invalid token', () => 'users.me', { headers: { authorization: 'Bearer x' } }],
    ['a mutation with invalid input', () => 'tasks.create', post('{"title":""}')],
    ['a mutation with no body', () => 'tasks.create', post('')],
    ['a mutation with a truncated body', () => 'tasks.create', post('{"title":')],
    ['a mutation with null', () => 'tasks.create', post('null')],
    ['a mutation that changes nothing', () => 'users.update', post('{"name":"Ada"}')],
    ['a mutation with an invalid id', () => 'tasks.update', post(`{"id":"${'0'.repeat(36)}"}`)],
    ['a batch', () => `users.me,tasks.list?batch=1&${input({ 1: { limit: 2 } })}`, {}],
    ['a batch of one', () => `users.me?batch=1&${input({})}`, {}],
    ['a batch with no input', () => 'users.me,users.me?batch=1', {}],
    ['a batch of a valid and an invalid call', () => `users.me,tasks.get?batch=1&${input({ 1: { id: 'x' } })}`, {}],
    ['a batch of two invalid calls', () => `tasks.get,tasks.get?batch=1&${input({ 0: { id: 'x' } })}`, {}],
    ['a batch whose input is an array', () => `users.me,tasks.list?batch=1&${input([null, { limit: 1 }])}`, {}],
    ['a batch of mutations', () => 'users.update,users.update?batch=1', post('{"0":{"name":"Ada"},"1":{"name":""}}')],
    ['a batch of mutations with a truncated body', () => 'users.update,users.update?batch=1', post('{"0":')],
    ['a URL-encoded path', () => 'users%2Eme', {}],
  ])('%s', async (_name, path, init) => {
    const [ours, adapter] = [await ask('ours', path(), init), await ask('adapter', path(), init)];
    expect(ours).toEqual(adapter);
  });

  it('uses the fast path', async () => {
    expect((await ask('ours', 'users.me')).isDirect).toBe(true);
    expect((await ask('ours', 'tasks.create', post('{"title":"x"}'))).isDirect).toBe(true);
    expect((await ask('ours', `users.me,users.me?batch=1&${input({})}`)).isDirect).toBe(true);
  });
});

it('ignores an idempotency key on a query, however the header is written', async () => {
  const headers = { 'idempotency-key': 'one, two, three' };
  expect((await ask('ours', 'users.me', { headers })).status).toBe(200);
  expect((await ask('adapter', 'users.me', { headers })).status).toBe(200);
  expect((await ask('ours', 'tasks.create', { ...post('{"title":"x"}'), headers })).status).toBe(400);
});

it('requires one key per call of a batch, also when its commas are URL-encoded', async () => {
  const request = post('{"0":{"title":"one of two"},"1":{"title":"two of two"}}');
  for (const path of ['tasks.create,tasks.create?batch=1', 'tasks.create%2Ctasks.create?batch=1']) {
    for (const way of ['ours', 'adapter'] as const) {
      const refused = await ask(way, path, { ...request, headers: { 'idempotency-key': 'one-key' } });
      expect([way, path, refused.status]).toEqual([way, path, 400]);
      expect(refused.text).toContain('must have 2 keys, one for each call');
    }
  }
  expect((await ask('ours', `tasks.list?${input({ limit: 100 })}`)).text).not.toContain('of two');
  const headers = { 'idempotency-key': 'first-key, second-key' };
  const encoded = await ask('ours', 'tasks.create%2Ctasks.create?batch=1', { ...request, headers });
  expect(encoded.status).toBe(200);
});

describe('all other requests fall back to the tRPC adapter', () => {
  it.each<[string, string, RequestInit, number]>([
    ['an unknown procedure', 'nope', {}, 404],
    ['a query by POST', 'users.me', post('{}'), 405],
    ['a mutation by GET', 'tasks.create', {}, 405],
    ['a batch of a query and a mutation', `users.me,tasks.create?batch=1&${input({})}`, {}, 400],
    ['a batch that is too large', `${Array(11).fill('users.me').join(',')}?batch=1&${input({})}`, {}, 400],
    ['a batch with an unknown procedure', `users.me,nope?batch=1&${input({})}`, {}, 207],
    ['another method', 'users.me', { method: 'DELETE' }, 405],
    ['HEAD', 'users.me', { method: 'HEAD' }, 204],
  ])('%s', async (_name, path, init, status) => {
    const answer = await ask('ours', path, init);
    expect([answer.isDirect, answer.status]).toEqual([false, status]);
  });
});
