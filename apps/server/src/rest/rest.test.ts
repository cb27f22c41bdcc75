import { createCallLimiter, type Deps } from '@alice/api';
import { signUp, testDeps } from '@alice/api/testing';
import type { Database } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { Hono } from 'hono';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientAddress } from '../http/client-address.ts';
import { type AppEnv, requestScope } from '../http/request-scope.ts';
import { cors } from '../http/response-headers.ts';
import { sessionCookies } from '../http/session-cookies.ts';
import { serveRest } from './serve-rest.ts';

let db: Database;
let deps: Deps;
let person: Awaited<ReturnType<typeof signUp>>;

beforeAll(async () => {
  db = await testDatabase();
  deps = await testDeps(db);
});
afterAll(() => db.close());
beforeEach(async () => {
  person = await signUp(deps);
});

const log = pino({ level: 'silent' });

function serve(own: Deps = deps, release = '1') {
  const app = new Hono<AppEnv>();
  const cookies = sessionCookies('http://localhost:8000', []);
  const parts = { clientAddress: clientAddress([]), cors: cors([]), cookies };
  const options = { log, accessLog: log, ...parts, isDraining: () => false };
  serveRest(app, requestScope(options), own, release);
  return app;
}

type Body = Record<string, unknown> & { data: Record<string, unknown> & { id: string }[] };

async function ask(method: string, path: string, headers: Record<string, string> = {}, body?: unknown, app = serve()) {
  const response = await app.request(`/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${person.tokens.accessToken}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  // The guarantee: whatever the server answers is an object, or nothing.
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (text === '' ? {} : JSON.parse(text)) as Body,
  };
}

const etag = ({ headers }: { headers: Headers }) => headers.get('etag') ?? '';

describe('a create operation', () => {
  it('returns the Location and the ETag of the new row', async () => {
    const made = await ask('POST', '/tasks', {}, { title: 'a' });
    expect(made.status).toBe(201);
    expect(etag(made)).toBe('"1"');
    const found = await ask('GET', (made.headers.get('location') ?? '').replace('/api/v1', ''));
    expect(found.body.data).toMatchObject(made.body.data);
    expect(made.body).toMatchObject({ message: 'Success', timestamp: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) });
  });
});

it('HEAD of a stream is refused and takes no stream slot of the user', async () => {
  for (let time = 0; time < 20; time += 1) {
    const refused = await ask('HEAD', '/sync/live');
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, OPTIONS']);
  }
  const authorization = `Bearer ${person.tokens.accessToken}`;
  const stream = await serve().request('/api/v1/sync/live', { headers: { authorization } });
  expect(stream.status).toBe(200);
  await stream.body?.cancel();
});

describe('a GET request', () => {
  it('returns 304 until something changes, and then the new data', async () => {
    const { id } = await person.api.tasks.create({ title: 'a' });
    for (const path of ['/tasks', '/tasks?limit=1', `/tasks/${id}`, '/users/me', '/goals', '/sync/changes']) {
      const first = await ask('GET', path);
      expect(first.headers.get('cache-control')).toBe('private, no-cache');
      const again = await ask('GET', path, { 'if-none-match': etag(first) });
      expect([again.status, again.text, etag(again)]).toEqual([304, '', etag(first)]);
      const weak = await ask('GET', path, { 'if-none-match': `"x", W/${etag(first)}` });
      expect(weak.status).toBe(304);
      await person.api.tasks.update({ id, title: crypto.randomUUID() });
      expect((await ask('GET', path, { 'if-none-match': etag(first) })).status).toBe(200);
    }
  });

  it('of a goal returns new data when its tasks change', async () => {
    const goal = await person.api.goals.create({ title: 'g', progressSource: 'tasks' });
    const task = await person.api.tasks.create({ title: 'a', goalId: goal.id });
    const first = await ask('GET', `/goals/${goal.id}`);
    await person.api.tasks.complete({ id: task.id });
    const second = await ask('GET', `/goals/${goal.id}`, { 'if-none-match': etag(first) });
    expect([second.status, second.body.data['version']]).toEqual([200, first.body.data['version']]);
    expect(second.body.data['progress']).toMatchObject({ fraction: 1 });
  });

  it('that depends on the current time is compared by its content', async () => {
    const first = await ask('GET', '/insights');
    expect((await ask('GET', '/insights', { 'if-none-match': etag(first) })).status).toBe(304);
    await person.api.tasks.create({ title: 'a' });
    expect((await ask('GET', '/insights', { 'if-none-match': etag(first) })).status).toBe(200);
  });

  it('has an ETag per user, address and release: it matches nowhere else', async () => {
    const tag = etag(await ask('GET', '/tasks'));
    expect((await ask('GET', '/tasks?limit=20', { 'if-none-match': tag })).status).toBe(200);
    expect((await ask('GET', '/tasks', { 'if-none-match': tag }, undefined, serve(deps, '2'))).status).toBe(200);
    person = await signUp(deps);
    expect((await ask('GET', '/tasks', { 'if-none-match': tag })).status).toBe(200);
  });

  it('is refused without sign-in, even with a matching ETag', async () => {
    const tag = etag(await ask('GET', '/tasks'));
    await person.api.auth.logout();
    expect((await ask('GET', '/tasks', { 'if-none-match': tag })).status).toBe(401);
  });

  it('by HEAD returns the headers and no body', async () => {
    const get = await ask('GET', '/users/me');
    const head = await ask('HEAD', '/users/me');
    expect([head.status, head.text, etag(head)]).toEqual([200, '', etag(get)]);
  });
});

describe('a conditional write', () => {
  it('accepts the ETag of a read or of a write', async () => {
    const made = await ask('POST', '/tasks', {}, { title: 'a' });
    const path = `/tasks/${made.body.data['id']}`;
    const read = await ask('GET', path);
    const written = await ask('PATCH', path, { 'if-match': etag(read) }, { title: 'b', notes: 'n' });
    expect([written.status, etag(written)]).toEqual([200, '"2"']);
    const stale = await ask('PATCH', path, { 'if-match': etag(read) }, { title: 'c', due: null });
    expect(stale.status).toBe(412);
    expect(stale.body).toMatchObject({
      code: 'STALE_VERSION',
      detail: 'The task is at version 2, not 1; changed since then: notes, title',
      currentVersion: 2,
      changedFields: ['notes', 'title'],
      conflictingFields: ['title'],
    });
    expect((await ask('DELETE', path, { 'if-match': etag(written) })).status).toBe(200);
  });
});

describe('rate limits', () => {
  it('are in the headers of each response, and of the refusal', async () => {
    const app = serve({ ...deps, limiter: createCallLimiter({ callsPerMinute: 2 }) });
    const first = await ask('GET', '/users/me', {}, undefined, app);
    const names = ['limit', 'remaining', 'reset'].map((name) => `ratelimit-${name}`);
    expect(names.map((name) => first.headers.get(name))).toEqual(['2', '1', '60']);
    await ask('GET', '/users/me', {}, undefined, app);
    const refused = await ask('GET', '/users/me', {}, undefined, app);
    expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('ratelimit-remaining')]).toEqual([
      429,
      '60',
      '0',
    ]);
  });
});
