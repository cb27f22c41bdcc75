import { createDeps } from '@alice/api';
import { recordedJobs } from '@alice/api/testing';
import type { Database } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from './app.ts';
import { createHealthCheck } from './health.ts';

let db: Database;
let app: ReturnType<typeof createApp>;
let lines: Record<string, unknown>[] = [];
let isDraining = false;
let redis: 'up' | 'down' | 'none' = 'none';

beforeAll(async () => {
  db = await testDatabase();
  app = await makeApp(db);
});
afterAll(() => db.close());
beforeEach(() => {
  lines = [];
  isDraining = false;
  redis = 'none';
});

/** The whole app on `database`; health is asked anew each time, with Redis as the test says. */
async function makeApp(database: Database) {
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) });
  const deps = await createDeps({
    db: database,
    log,
    jobs: recordedJobs(),
    secrets: ['a key that only the tests of this project ever use'],
    // Slow enough that many who come at once meet each other.
    hashing: { memoryCost: 8192, timeCost: 2, parallelism: 1, concurrency: 1, maxWaiting: 2 },
  });
  const ping = () => (redis === 'up' ? Promise.resolve() : Promise.reject(new Error('no Redis')));
  return createApp({
    deps,
    log,
    accessLog: log,
    name: 'ALICE',
    version: '0.1.0',
    corsOrigins: ['https://app.example'],
    trustedProxies: [],
    checkHealth: () => createHealthCheck(database, redis === 'none' ? null : { ping }, '0.1.0')(),
    isDraining: () => isDraining,
  });
}

const json = { 'content-type': 'application/json' };
const post = (path: string, body: string, headers: Record<string, string> = json) =>
  app.request(path, { method: 'POST', body, headers });

describe('health', () => {
  it.each([
    ['none', 'healthy', 'disabled'],
    ['up', 'healthy', 'ok'],
    ['down', 'degraded', 'error'],
  ] as const)('with Redis %s is %s', async (state, status, service) => {
    redis = state;
    const response = await app.request('/api/v1/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status, version: '0.1.0', services: { db: 'ok', redis: service } });
  });

  it('reports unhealthy without a database, and answers calls with our own 503 error', async () => {
    const closed = await testDatabase();
    const broken = await makeApp(closed);
    const login = () =>
      broken.request('/trpc/auth.login', { method: 'POST', headers: json, body: '{"email":"a@b.co","password":"x"}' });
    expect((await login()).status).toBe(401);
    await closed.close();
    const response = await broken.request('/api/v1/health');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ status: 'unhealthy', services: { db: 'error' } });
    expect((await broken.request('/readyz')).status).toBe(503);
    expect((await broken.request('/livez')).status).toBe(200);
    const failed = await login();
    expect(failed.status).toBe(503);
    expect(await failed.json()).toMatchObject({ error: { data: { code: 'UNAVAILABLE' } } });
  });

  it('reports not ready while the server stops, and asks clients to close their connections', async () => {
    isDraining = true;
    const response = await app.request('/readyz');
    expect(response.status).toBe(503);
    expect(response.headers.get('connection')).toBe('close');
  });
});

describe('every response', () => {
  it.each(['/', '/livez', '/nowhere', '/trpc/users.me', '/trpc/nowhere'])(
    'for %s contains the request id and the security headers',
    async (path) => {
      const response = await app.request(path, { headers: { 'x-request-id': 'my-request-1' } });
      expect(response.headers.get('x-request-id')).toBe('my-request-1');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('strict-transport-security')).toContain('max-age=31536000');
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('generates a request id when the received one is malformed', async () => {
    const response = await app.request('/livez', { headers: { 'x-request-id': 'a b\u00e9' } });
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('CORS', () => {
  it('allows the listed origins and no others', async () => {
    const preflight = (origin: string) =>
      app.request('/trpc/tasks.create', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });
    const allowed = await preflight('https://app.example');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization');
    for (const origin of ['https://evil.example', 'null', 'https://app.example.evil.example']) {
      expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
    }
    const actual = await app.request('/trpc/users.me', { headers: { origin: 'https://app.example' } });
    expect(actual.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(actual.headers.get('access-control-expose-headers')).toContain('x-request-id');
    expect(actual.headers.get('vary')).toContain('origin');
  });
});

describe('error responses', () => {
  it('are problem+json outside tRPC', async () => {
    const response = await app.request('/api/v1/nowhere', { headers: { 'x-request-id': 'my-request-2' } });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toEqual({
      type: 'urn:alice:error:not-found',
      title: 'Not found',
      status: 404,
      detail: 'Endpoint not found',
      status_code: 404,
      code: 'NOT_FOUND',
      request_id: 'my-request-2',
      errors: [],
    });
  });

  it('contain the domain code and the request id over tRPC', async () => {
    const response = await app.request('/trpc/users.me', { headers: { 'x-request-id': 'my-request-3' } });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      error: {
        code: -32001,
        message: 'Authentication required',
        data: {
          code: 'UNAUTHENTICATED',
          httpStatus: 401,
          request_id: 'my-request-3',
          errors: [],
          details: null,
          retryAfterSeconds: null,
        },
      },
    });
  });

  it('name the invalid field', async () => {
    const response = await post('/trpc/auth.register', JSON.stringify({ email: 'x', password: 'short', name: 'A' }));
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { data: { errors: { path: string }[] } } };
    expect(error.data.errors.map(({ path }) => path)).toEqual(['email', 'password']);
  });

  it.each([
    ['{"email":', 'VALIDATION_FAILED'],
    ['', 'VALIDATION_FAILED'],
    ['[]', 'VALIDATION_FAILED'],
    ['null', 'VALIDATION_FAILED'],
  ])('report that the body %j is invalid', async (body, code) => {
    const response = await post('/trpc/auth.login', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { data: { code } } });
  });

  it('refuse other content types than JSON before they read the body', async () => {
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', '']) {
      const response = await post('/trpc/auth.login', '{}', type === '' ? {} : { 'content-type': type });
      expect(response.status).toBe(415);
      expect(await response.json()).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' });
    }
  });

  it('refuse oversized requests', async () => {
    expect((await app.request(`/trpc/users.me?input=${'x'.repeat(9000)}`)).status).toBe(414);
    const response = await post('/trpc/auth.login', JSON.stringify({ email: 'x'.repeat(2 ** 20), password: 'x' }));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    const batch = (n: number) => app.request(`/trpc/${Array(n).fill('users.me').join(',')}?batch=1&input={}`);
    expect((await batch(10)).status).toBe(401);
    expect((await batch(11)).status).toBe(400);
  });

  it('of too many sign-ins contain the time to retry', async () => {
    const body = JSON.stringify({ email: 'a@b.co', password: 'x' });
    const responses = await Promise.all(Array.from({ length: 20 }, () => post('/trpc/auth.login', body)));
    const busy = responses.filter((response) => response.status === 503);
    expect(busy.length).toBeGreaterThan(0);
    expect(busy[0]?.headers.get('retry-after')).toBe('1');
    expect(await busy[0]?.json()).toMatchObject({ error: { data: { code: 'BUSY', retryAfterSeconds: 1 } } });
    expect(responses.some((response) => response.status === 401)).toBe(true);
    // A refusal is no defect: a warning without a stack, however many there are.
    expect(lines.filter(({ msg }) => msg === 'request rejected')).toHaveLength(busy.length);
    expect(lines.filter(({ level, err }) => level === 50 || err !== undefined)).toEqual([]);
  });

  it('reveal nothing about an internal error, which is only logged', async () => {
    const failing: Database = {
      ...db,
      prisma: db.prisma,
      query: () => Promise.reject(new Error('SELECT secret_column FROM /var/lib')),
      transaction: () => Promise.reject(new Error('SELECT secret_column FROM /var/lib')),
    };
    const broken = await makeApp(failing);
    const body = JSON.stringify({ email: 'c@d.co', password: 'correct horse battery staple', name: 'C' });
    const response = await broken.request('/trpc/auth.register', { method: 'POST', headers: json, body });
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      error: { message: 'Internal server error', data: { code: 'INTERNAL' } },
    });
    expect(text).not.toMatch(/secret_column|stack|\.ts/);
    expect(JSON.stringify(lines)).toContain('secret_column');
  });
});

it('logs one line per request, without its query string and body', async () => {
  await app.request('/trpc/users.me?input=private', {
    headers: { 'x-request-id': 'my-request-4', authorization: 'Bearer private' },
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ requestId: 'my-request-4', method: 'GET', path: '/trpc/users.me', status: 401 });
  expect(JSON.stringify(lines)).not.toContain('private');
});
