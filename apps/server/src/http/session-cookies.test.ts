import { DomainError } from '@alice/api';
import { describe, expect, test } from 'vitest';
import { sessionCookies } from './session-cookies.ts';

const request = (headers: Readonly<Record<string, string>>, path = '/trpc/auth.refresh') => ({
  path,
  header: (name: string) => headers[name],
});

describe('permission to use a session cookie', () => {
  const cookies = sessionCookies('https://alice.example.com', ['https://app.example.com']);
  const host = 'alice.example.com';
  const asked = { 'x-alice-session': 'cookie', host };
  const own = `https://${host}`;

  test.each<[string, Record<string, string>]>([
    ['a program', {}],
    ['a page of the same origin', { origin: own, 'sec-fetch-site': 'same-origin' }],
    ['a page of the same origin, in a browser without Sec-Fetch-Site', { origin: own }],
    ['a page of the requested host', { host: 'localhost:8000', origin: 'https://localhost:8000' }],
    [
      'a page behind a TLS-terminating proxy',
      { host: 'other.test', origin: 'http://other.test', 'sec-fetch-site': 'same-origin' },
    ],
    ['a listed page of the same site', { origin: 'https://app.example.com', 'sec-fetch-site': 'same-site' }],
    ['a listed page of another site', { origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' }],
  ])('is granted to %s', (_, headers) => {
    expect(cookies.sessionIn(request({ ...asked, ...headers }))).toBe('cookie');
  });

  test.each<[string, Record<string, string>]>([
    ['a page of another site', { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }],
    ['one in a browser without Sec-Fetch-Site', { origin: 'https://evil.test' }],
    ['one that claims to be of the same origin', { origin: 'https://evil.test', 'sec-fetch-site': 'same-origin' }],
    ['an unlisted page of the same site', { origin: 'https://blog.example.com', 'sec-fetch-site': 'same-site' }],
    ['a page of the same host without TLS', { origin: `http://${host}` }],
    ['a page that hides its origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['a request without an origin, from another site', { 'sec-fetch-site': 'cross-site' }],
    ['a URL typed by the user', { 'sec-fetch-site': 'none' }],
    ['a listed origin with another port', { origin: 'https://app.example.com:8443' }],
    ['an origin that starts like a listed one', { origin: 'https://app.example.com.evil.test' }],
  ])('is not granted to %s', (_, headers) => {
    const refusal = cookies.sessionIn(request({ ...asked, ...headers }));
    expect(refusal).toBeInstanceOf(DomainError);
    expect(refusal).toMatchObject({ code: 'FORBIDDEN' });
  });

  test.each(['true', 'Cookie', '', 'cookie, cookie'])('ignores the header value %j', (value) => {
    expect(cookies.sessionIn(request({ host, origin: own, 'x-alice-session': value }))).toBe('body');
  });
});

describe('session cookies', () => {
  const cookies = sessionCookies('https://alice.example.com', []);
  const tokenOf = (sid: string) => `e30.${Buffer.from(JSON.stringify({ sid })).toString('base64url')}.x-${sid}`;
  const [mine, planted] = [tokenOf('mine'), tokenOf('planted')];
  const cookie = { value: mine, maxAgeSeconds: 60 };
  const refreshCookie = (value: string) => `__Secure-alice_refresh=${value}`;
  const mark = '__Host-alice_session=mine';

  test('are sent only to the refresh route of the transport that was used', () => {
    expect(cookies.write(request({}, '/trpc/auth.login'), cookie)).toEqual([
      `__Secure-alice_refresh=${mine}; Max-Age=60; Path=/trpc/auth.refresh; HttpOnly; Secure; SameSite=Strict`,
      '__Host-alice_session=mine; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Strict',
    ]);
    expect(cookies.write(request({}, '/api/v1/auth/login'), cookie)).toEqual([
      expect.stringContaining('; Path=/api/v1/auth/refresh;'),
      expect.stringMatching(/^__Host-alice_session_rest=mine; .*Path=\/;/),
    ]);
  });

  test('are cleared together', () => {
    expect(cookies.write(request({}), { value: '', maxAgeSeconds: 0 })).toEqual([
      '__Secure-alice_refresh=; Max-Age=0; Path=/trpc/auth.refresh; HttpOnly; Secure; SameSite=Strict',
      '__Host-alice_session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict',
    ]);
  });

  test('have no prefix without TLS, since browsers would refuse it', () => {
    const plain = sessionCookies('http://localhost:8000', []);
    expect(plain.write(request({}), cookie)).toEqual([
      `alice_refresh=${mine}; Max-Age=60; Path=/trpc/auth.refresh; HttpOnly; SameSite=Strict`,
      'alice_session=mine; Max-Age=60; Path=/; HttpOnly; SameSite=Strict',
    ]);
    expect(plain.read(request({ cookie: `alice_refresh=${mine}; alice_session=mine` }))).toBe(mine);
  });

  test('are matched by their full names; a cookie set without TLS is ignored', () => {
    expect(cookies.read(request({ cookie: `a=b; ${refreshCookie(mine)}; c=d; ${mark}` }))).toBe(mine);
    for (const header of [`alice_refresh=${mine}`, `not__Secure-alice_refresh=${mine}`, `c=__Secure-alice_refresh`]) {
      expect(cookies.read(request({ cookie: `${header}; ${mark}` }))).toBeNull();
    }
    expect(cookies.read(request({}))).toBeNull();
  });

  test.each<[string, string, string | null]>([
    ['alone, in a browser without a session', refreshCookie(planted), null],
    ['with a session marker without the prefix', `${refreshCookie(planted)}; alice_session=planted`, null],
    [
      'with the session marker of the other transport',
      `${refreshCookie(planted)}; __Host-alice_session_rest=planted`,
      null,
    ],
    ['in a browser where another user is signed in', `${refreshCookie(planted)}; ${mark}`, null],
    ['before the cookie of the user', `${refreshCookie(planted)}; ${refreshCookie(mine)}; ${mark}`, mine],
    ['behind it', `${mark}; ${refreshCookie(mine)}; ${refreshCookie(planted)}`, mine],
  ])('ignores a refresh token that a sibling host has planted: %s', (_, header, expected) => {
    expect(cookies.read(request({ cookie: header }))).toBe(expected);
  });

  test('return an unknown value, so that it is refused and cleared', () => {
    expect(cookies.read(request({ cookie: refreshCookie('nonsense') }))).toBe('nonsense');
  });
});
