import { DomainError } from '@alice/api';
import { describe, expect, test } from 'vitest';
import { sessionCookies } from './session-cookies.ts';

const request = (headers: Readonly<Record<string, string>>, path = '/trpc/auth.refresh') => ({
  path,
  header: (name: string) => headers[name],
});

describe('who may use a session in a cookie', () => {
  const cookies = sessionCookies('https://alice.example.com', ['https://app.example.com']);
  const host = 'alice.example.com';
  const asked = { 'x-alice-session': 'cookie', host };
  const own = `https://${host}`;

  test.each<[string, Record<string, string>]>([
    ['a program', {}],
    ['a page of its own', { origin: own, 'sec-fetch-site': 'same-origin' }],
    ['a page of its own, of a browser that says no more', { origin: own }],
    ['a page of the address that was asked', { host: 'localhost:8000', origin: 'https://localhost:8000' }],
    [
      'a page behind a proxy that ends TLS',
      { host: 'other.test', origin: 'http://other.test', 'sec-fetch-site': 'same-origin' },
    ],
    ['a listed page of the same site', { origin: 'https://app.example.com', 'sec-fetch-site': 'same-site' }],
    ['a listed page of another site', { origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' }],
  ])('%s may', (_, headers) => {
    expect(cookies.sessionIn(request({ ...asked, ...headers }))).toBe('cookie');
  });

  test.each<[string, Record<string, string>]>([
    ['a page of another site', { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }],
    ['one of a browser that says no more', { origin: 'https://evil.test' }],
    ['one that says it is of the same origin', { origin: 'https://evil.test', 'sec-fetch-site': 'same-origin' }],
    ['an unlisted page of the same site', { origin: 'https://blog.example.com', 'sec-fetch-site': 'same-site' }],
    ['a page without TLS at its own address', { origin: `http://${host}` }],
    ['a page that hides its origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['what says no origin, from another site', { 'sec-fetch-site': 'cross-site' }],
    ['an address that somebody typed', { 'sec-fetch-site': 'none' }],
    ['a listed origin with another port', { origin: 'https://app.example.com:8443' }],
    ['an origin that begins like a listed one', { origin: 'https://app.example.com.evil.test' }],
  ])('%s may not', (_, headers) => {
    const refusal = cookies.sessionIn(request({ ...asked, ...headers }));
    expect(refusal).toBeInstanceOf(DomainError);
    expect(refusal).toMatchObject({ code: 'FORBIDDEN' });
  });

  test.each(['true', 'Cookie', '', 'cookie, cookie'])('%j does not ask for it', (value) => {
    expect(cookies.sessionIn(request({ host, origin: own, 'x-alice-session': value }))).toBe('body');
  });
});

describe('the cookies', () => {
  const cookies = sessionCookies('https://alice.example.com', []);
  const tokenOf = (sid: string) => `e30.${Buffer.from(JSON.stringify({ sid })).toString('base64url')}.x-${sid}`;
  const [mine, planted] = [tokenOf('mine'), tokenOf('planted')];
  const cookie = { value: mine, maxAgeSeconds: 60 };
  const refreshCookie = (value: string) => `__Secure-alice_refresh=${value}`;
  const mark = '__Host-alice_session=mine';

  test('of a refresh token goes to the refresh of the transport that was used, and nowhere else', () => {
    expect(cookies.write(request({}, '/trpc/auth.login'), cookie)).toEqual([
      `__Secure-alice_refresh=${mine}; Max-Age=60; Path=/trpc/auth.refresh; HttpOnly; Secure; SameSite=Strict`,
      '__Host-alice_session=mine; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Strict',
    ]);
    expect(cookies.write(request({}, '/api/v1/auth/login'), cookie)).toEqual([
      expect.stringContaining('; Path=/api/v1/auth/refresh;'),
      expect.stringMatching(/^__Host-alice_session_rest=mine; .*Path=\/;/),
    ]);
  });

  test('go together', () => {
    expect(cookies.write(request({}), { value: '', maxAgeSeconds: 0 })).toEqual([
      '__Secure-alice_refresh=; Max-Age=0; Path=/trpc/auth.refresh; HttpOnly; Secure; SameSite=Strict',
      '__Host-alice_session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict',
    ]);
  });

  test('without TLS have no prefix, which browsers would refuse', () => {
    const plain = sessionCookies('http://localhost:8000', []);
    expect(plain.write(request({}), cookie)).toEqual([
      `alice_refresh=${mine}; Max-Age=60; Path=/trpc/auth.refresh; HttpOnly; SameSite=Strict`,
      'alice_session=mine; Max-Age=60; Path=/; HttpOnly; SameSite=Strict',
    ]);
    expect(plain.read(request({ cookie: `alice_refresh=${mine}; alice_session=mine` }))).toBe(mine);
  });

  test('are read by their whole names; what was planted without TLS is not taken', () => {
    expect(cookies.read(request({ cookie: `a=b; ${refreshCookie(mine)}; c=d; ${mark}` }))).toBe(mine);
    for (const header of [`alice_refresh=${mine}`, `not__Secure-alice_refresh=${mine}`, `c=__Secure-alice_refresh`]) {
      expect(cookies.read(request({ cookie: `${header}; ${mark}` }))).toBeNull();
    }
    expect(cookies.read(request({}))).toBeNull();
  });

  test.each<[string, string, string | null]>([
    ['alone, in a browser where nobody is signed in', refreshCookie(planted), null],
    ['with a mark without the prefix', `${refreshCookie(planted)}; alice_session=planted`, null],
    ['with the mark of the other transport', `${refreshCookie(planted)}; __Host-alice_session_rest=planted`, null],
    ['where somebody else is signed in', `${refreshCookie(planted)}; ${mark}`, null],
    ['before that of the person', `${refreshCookie(planted)}; ${refreshCookie(mine)}; ${mark}`, mine],
    ['behind it', `${mark}; ${refreshCookie(mine)}; ${refreshCookie(planted)}`, mine],
  ])('a refresh token that a sibling host has planted does not count: %s', (_, header, expected) => {
    expect(cookies.read(request({ cookie: header }))).toBe(expected);
  });

  test('what is no token at all is handed on, to be refused and taken away', () => {
    expect(cookies.read(request({ cookie: refreshCookie('nonsense') }))).toBe('nonsense');
  });
});
