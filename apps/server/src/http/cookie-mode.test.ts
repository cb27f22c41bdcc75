import { randomUUID } from 'node:crypto';
import type { Deps } from '@alice/api';
import { type TestClock, testClock, testDeps, testPassword } from '@alice/api/testing';
import type { Database } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import type { Hono } from 'hono';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../app.ts';
import type { AppEnv } from './request-scope.ts';

const own = 'https://alice.example.com';
const app = 'https://app.example.com';
const cookieName = '__Secure-alice_refresh';

let db: Database;
let deps: Deps;
let server: Hono<AppEnv>;
let clock: TestClock;

beforeAll(async () => {
  db = await testDatabase();
  clock = testClock();
  const site = { name: 'ALICE', url: own, origins: [own, app], adminEmails: new Set<string>() };
  deps = { ...(await testDeps(db, { clock })), site };
  const log = pino({ level: 'silent' });
  server = createApp({
    deps,
    log,
    accessLog: log,
    name: 'ALICE',
    version: '0.1.0',
    corsOrigins: [app],
    trustedProxies: [],
    checkHealth: async () => ({ status: 'healthy', version: '0.1.0', services: { db: 'ok', redis: 'disabled' } }),
    isDraining: () => false,
  });
});
afterAll(() => db.close());

interface Sent {
  readonly input?: object;
  readonly token?: string;
  readonly cookie?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The names and values of cookies, as a browser sends them back. */
const sentBack = (setCookie: readonly string[]) => setCookie.map((cookie) => cookie.split(';')[0]).join('; ');

/** A page of ours that keeps its session in a cookie. */
const page = { 'x-alice-session': 'cookie', origin: own, 'sec-fetch-site': 'same-origin' };

const ways = [
  {
    way: 'tRPC',
    mark: '__Host-alice_session',
    refreshPath: '/trpc/auth.refresh',
    pathOf: (name: string) => `/trpc/auth.${name}`,
  },
  // What is not plain goes through tRPC's own adapter.
  {
    way: "tRPC's adapter",
    mark: '__Host-alice_session',
    refreshPath: '/trpc/auth.refresh',
    pathOf: (name: string) => `/trpc/auth.${name}?connectionParams={}`,
  },
  {
    way: 'REST',
    mark: '__Host-alice_session_rest',
    refreshPath: '/api/v1/auth/refresh',
    pathOf: (name: string) => `/api/v1/auth/${name}`,
  },
] as const;

describe.each(ways)('over $way', ({ mark, refreshPath, pathOf }) => {
  async function send(name: string, { input = {}, token, cookie, headers = page }: Sent) {
    const response = await server.request(`${own}${pathOf(name)}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(cookie === undefined ? {} : { cookie }),
        ...headers,
      },
      body: JSON.stringify(input),
    });
    const body = JSON.parse(await response.text());
    const setCookie = response.headers.getSetCookie();
    return {
      status: response.status,
      data: body.result?.data ?? body.data,
      code: body.error?.data?.code ?? body.code,
      setCookie,
      /** What a browser would send from now on. */
      cookie: sentBack(setCookie),
    };
  }

  const newPerson = () => ({ email: `${randomUUID()}@example.com`, password: testPassword, name: 'Ada' });

  async function signIn(headers: Record<string, string> = page) {
    const person = newPerson();
    const registered = await send('register', { input: person, headers });
    return { ...registered, person, token: registered.data.tokens.accessToken };
  }

  test('login stores the refresh token in a cookie that is sent only to the refresh route, and omits it from the body', async () => {
    const { data, setCookie, person } = await signIn();
    const value = /^__Secure-alice_refresh=([^;]+); (.*)$/.exec(setCookie[0] ?? '');
    expect(setCookie).toHaveLength(2);
    expect(value?.[1]).toMatch(/^eyJ/);
    // The other one holds no secret, and goes wherever this host is asked.
    expect(setCookie[1]).toMatch(/=[0-9a-f-]{36}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    expect(setCookie[1]?.startsWith(`${mark}=`)).toBe(true);
    expect(value?.[2]).toBe(`Max-Age=604800; Path=${refreshPath}; HttpOnly; Secure; SameSite=Strict`);
    expect(data.tokens).toMatchObject({ refreshToken: null, accessToken: expect.stringMatching(/^eyJ/) });

    const again = await send('login', { input: { email: person.email, password: testPassword } });
    expect(again.data.tokens.refreshToken).toBeNull();
    expect(again.setCookie).toHaveLength(2);
  });

  test('login without the cookie header returns the token in the body and sets no cookie', async () => {
    const { data, setCookie } = await signIn({});
    expect(setCookie).toEqual([]);
    const refreshed = await send('refresh', { input: { refreshToken: data.tokens.refreshToken }, headers: {} });
    expect(refreshed.data.refreshToken).toMatch(/^eyJ/);
    expect(refreshed.setCookie).toEqual([]);
  });

  test('refresh reads the cookie, sets the next one, and sets the same one again within 10 s', async () => {
    const { cookie } = await signIn();
    clock.advance({ minutes: 20 });
    const first = await send('refresh', { cookie });
    expect(first.status).toBe(200);
    expect(first.data).toMatchObject({ refreshToken: null, accessToken: expect.any(String) });
    expect(first.cookie).not.toBe(cookie);
    clock.advance({ seconds: 10 });
    const second = await send('refresh', { cookie });
    expect(second.cookie).toBe(first.cookie);
    // It lasts as long as the token, which is 10 s older by now.
    expect(second.setCookie[0]).toContain('Max-Age=604790;');
    expect((await send('refresh', { cookie: second.cookie })).status).toBe(200);
  });

  test('logout clears the cookie, and so does a refresh with an invalid or expired token', async () => {
    const gone = [
      `${cookieName}=; Max-Age=0; Path=${refreshPath}; HttpOnly; Secure; SameSite=Strict`,
      `${mark}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`,
    ];
    const { token } = await signIn();
    const { cookie: old } = await signIn();
    const out = await send('logout', { token });
    expect(out.status).toBe(200);
    expect(out.setCookie).toEqual(gone);
    clock.advance({ days: 8 });
    for (const value of [old, `${cookieName}=nonsense`]) {
      const refused = await send('refresh', { cookie: value });
      expect(refused).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', setCookie: gone });
    }
  });

  test('a cookie that is not valid yet because of clock skew is kept, and is accepted soon', async () => {
    clock.advance({ minutes: 1 });
    const { cookie } = await signIn();
    clock.advance({ minutes: -1 });
    const early = await send('refresh', { cookie });
    expect(early).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', setCookie: [] });
    clock.advance({ minutes: 1 });
    expect((await send('refresh', { cookie })).status).toBe(200);
  });

  test('a refresh with an ended session keeps the cookie, which may belong to a newer sign-in', async () => {
    const { cookie, token } = await signIn();
    await send('logout', { token });
    const late = await send('refresh', { cookie });
    expect(late).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', setCookie: [] });
    // Nor does one that was sent before there was any.
    expect(await send('refresh', {})).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', setCookie: [] });
    const { cookie: first } = await signIn();
    await send('refresh', { cookie: first });
    clock.advance({ seconds: 11 });
    expect(await send('refresh', { cookie: first })).toMatchObject({ status: 401, setCookie: [] });
  });

  test('reusing an old cookie later ends the session', async () => {
    const { cookie } = await signIn();
    const { cookie: next } = await send('refresh', { cookie });
    clock.advance({ seconds: 11 });
    expect((await send('refresh', { cookie })).status).toBe(401);
    expect((await send('refresh', { cookie: next })).status).toBe(401);
  });

  test.each<[string, Record<string, string>]>([
    ['without the header', { origin: own, 'sec-fetch-site': 'same-origin' }],
    ['by a program without the header', {}],
    ['by a page of another site', { ...page, origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }],
    ['by a page in a browser without Sec-Fetch-Site', { 'x-alice-session': 'cookie', origin: 'https://evil.test' }],
    [
      'by another page of the same site',
      { ...page, origin: 'https://blog.example.com', 'sec-fetch-site': 'same-site' },
    ],
    ['by a page that hides its origin', { ...page, origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ])('refresh refuses a cookie that is sent %s, and changes nothing', async (_, headers) => {
    const { cookie } = await signIn();
    const before = await sessionsOf();
    const refused = await send('refresh', { cookie, headers });
    expect(refused).toMatchObject({ status: 403, code: 'FORBIDDEN', setCookie: [] });
    expect(await sessionsOf()).toEqual(before);
    expect((await send('refresh', { cookie })).status).toBe(200);
  });

  test('login with a cookie is refused for a page of another site', async () => {
    const person = newPerson();
    const headers = { ...page, origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' };
    const refused = await send('register', { input: person, headers });
    expect(refused).toMatchObject({ status: 403, code: 'FORBIDDEN', setCookie: [] });
    expect(await deps.db.prisma.user.count({ where: { email: person.email } })).toBe(0);
  });

  test('login with a cookie is allowed for a listed origin', async () => {
    const headers = { ...page, origin: app, 'sec-fetch-site': 'same-site' };
    const { cookie } = await signIn(headers);
    expect((await send('refresh', { cookie, headers })).status).toBe(200);
  });

  test('refresh without the cookie is 401, and without the header 400', async () => {
    expect(await send('refresh', {})).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(await send('refresh', { headers: {} })).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
  });

  test('a retried login with the same idempotency key sets the same cookie again', async () => {
    const headers = { ...page, 'idempotency-key': randomUUID() };
    const input = newPerson();
    const first = await send('register', { input, headers });
    const second = await send('register', { input, headers });
    expect(second.data).toEqual(first.data);
    expect(second.setCookie).toEqual(first.setCookie);
    expect(first.setCookie).toHaveLength(2);
  });

  test('a refresh token planted by a sibling host does not sign in the user to another account', async () => {
    const [victim, thief] = [await signIn(), await signIn()];
    const planted = sentBack(thief.setCookie.slice(0, 1));
    const alone = await send('refresh', { cookie: planted });
    expect(alone).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', setCookie: [] });
    for (const cookie of [`${planted}; ${victim.cookie}`, `${victim.cookie}; ${planted}`]) {
      const { data, status } = await send('refresh', { cookie });
      expect(status).toBe(200);
      expect((await deps.tokens.verifyAccess(data.accessToken)).id).toBe(victim.data.user.id);
    }
  });

  test('a session from a token in the body can move into a cookie', async () => {
    const { data } = await signIn({});
    const moved = await send('refresh', { input: { refreshToken: data.tokens.refreshToken } });
    expect(moved.data.refreshToken).toBeNull();
    expect((await send('refresh', { cookie: moved.cookie })).status).toBe(200);
  });
});

const sessionsOf = () =>
  deps.db.prisma.session.findMany({
    orderBy: { id: 'asc' },
    select: { id: true, generation: true, endedAt: true, rotatedAt: true },
  });

test('refresh refuses requests that a browser sends without a preflight: forms, plain text, no body, GET', async () => {
  const registered = await server.request(`${own}/api/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...page },
    body: JSON.stringify({ email: `${randomUUID()}@example.com`, password: testPassword, name: 'Ada' }),
  });
  const cookie = sentBack(registered.headers.getSetCookie());
  const before = await sessionsOf();
  const evil = { cookie, origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' };
  for (const path of ['/trpc/auth.refresh', '/api/v1/auth/refresh']) {
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain']) {
      const headers = { ...evil, 'content-type': type };
      const response = await server.request(`${own}${path}`, { method: 'POST', headers, body: '{}' });
      expect(response.status, `${path} ${type}`).toBe(415);
    }
    const bare = await server.request(`${own}${path}`, { method: 'POST', headers: evil });
    expect([403, 415], path).toContain(bare.status);
    const read = await server.request(`${own}${path}`, { headers: evil });
    expect(read.status, path).toBe(405);
  }
  expect(await sessionsOf()).toEqual(before);
});
