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

describe('the cookie', () => {
  const cookies = sessionCookies('https://alice.example.com', []);
  const cookie = { value: 'a.b-c_d', maxAgeSeconds: 60 };

  test('goes to the refresh of the transport that was used, and nowhere else', () => {
    expect(cookies.write(request({}, '/trpc/auth.login'), cookie)).toBe(
      '__Secure-alice_refresh=a.b-c_d; Max-Age=60; Path=/trpc/auth.refresh; HttpOnly; Secure; SameSite=Strict',
    );
    expect(cookies.write(request({}, '/api/v1/auth/login'), cookie)).toContain('; Path=/api/v1/auth/refresh;');
  });

  test('without TLS it has no prefix, which browsers would refuse', () => {
    const plain = sessionCookies('http://localhost:8000', []);
    expect(plain.write(request({}), cookie)).toBe(
      'alice_refresh=a.b-c_d; Max-Age=60; Path=/trpc/auth.refresh; HttpOnly; SameSite=Strict',
    );
  });

  test('is read by its whole name; one that was planted without TLS is not taken', () => {
    expect(cookies.read(request({ cookie: 'a=b; __Secure-alice_refresh=x.y-z; c=d' }))).toBe('x.y-z');
    for (const header of ['alice_refresh=x', 'not__Secure-alice_refresh=x', 'c=__Secure-alice_refresh']) {
      expect(cookies.read(request({ cookie: header }))).toBeNull();
    }
    expect(cookies.read(request({}))).toBeNull();
  });
});
