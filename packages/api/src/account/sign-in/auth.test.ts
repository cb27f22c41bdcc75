import { randomUUID } from 'node:crypto';
import { testDatabase } from '@alice/db/testing';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { callAs, signUp, type TestClock, testClock, testDeps, testPassword } from '../../testing/index.ts';
import { createTokenIssuer } from '../sessions/tokens.ts';

let deps: Deps;
let clock: TestClock;

beforeAll(async () => {
  clock = testClock();
  deps = await testDeps(await testDatabase(), { clock });
});
afterAll(() => deps.db.close());

const anyone = () => callAs(deps, null);
const refresh = (refreshToken: string | null) => anyone().auth.refresh({ refreshToken });
const unauthenticated = { cause: { code: 'UNAUTHENTICATED' } };

describe('register and login', () => {
  it('create one account per address, in any case', async () => {
    const email = `${randomUUID()}@Example.COM`;
    const { user } = await anyone().auth.register({
      email,
      password: testPassword,
      name: 'Ada',
      timeZone: 'Asia/Tokyo',
    });
    expect(user).toMatchObject({ email: email.toLowerCase(), role: 'user', timeZone: 'Asia/Tokyo' });
    await expect(
      anyone().auth.register({ email: email.toUpperCase(), password: testPassword, name: 'Eve' }),
    ).rejects.toMatchObject({ cause: { code: 'CONFLICT', errors: [{ path: 'email' }] } });
    const again = await anyone().auth.login({ email: email.toLowerCase(), password: testPassword });
    expect(again.user).toEqual(user);
    expect(await callAs(deps, again.tokens.accessToken).users.me()).toEqual(user);
  });

  it('refuse with the same message: unknown address, wrong password, disabled user', async () => {
    const { email, user } = await signUp(deps);
    const failures: unknown[] = [];
    const attempt = (address: string, password: string) =>
      anyone()
        .auth.login({ email: address, password })
        .catch((error: Error & { cause: Error & { code: string } }) => {
          failures.push([error.message, error.cause.code, error.cause.message]);
        });
    await attempt(`${randomUUID()}@example.com`, testPassword);
    await attempt(email, `${testPassword}!`);
    await deps.db.prisma.user.update({ where: { id: user.id }, data: { disabledAt: clock.now() } });
    await attempt(email, testPassword);
    expect(failures).toHaveLength(3);
    expect(new Set(failures.map((failure) => JSON.stringify(failure))).size).toBe(1);
  });

  it('accept passwords of 15 to 128 code points', async () => {
    const register = (password: string) =>
      anyone().auth.register({ email: `${randomUUID()}@example.com`, password, name: 'A' });
    // Different ones: one that repeats itself is too easily guessed.
    const points = (first: number, count: number) =>
      String.fromCodePoint(...Array.from({ length: count }, (_, index) => first + ((7 * index) % 127)));
    for (const password of [points(0xe0, 14), points(0x1f400, 129)])
      await expect(register(password)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    for (const password of [points(0xe0, 15), points(0x1f400, 128)])
      expect((await register(password)).user.name).toBe('A');
  });

  it('rehash a password when the hash parameters have changed', async () => {
    const { email, user } = await signUp(deps);
    const hashOf = () =>
      deps.db.prisma.user.findUniqueOrThrow({ where: { id: user.id } }).then((row) => row.passwordHash);
    const before = await hashOf();
    const today = await testDeps(deps.db, { clock });
    const stronger = { ...today, passwords: { ...today.passwords, isOutdated: () => true } };
    await callAs(stronger, null).auth.login({ email, password: testPassword });
    expect(await hashOf()).not.toBe(before);
    expect((await anyone().auth.login({ email, password: testPassword })).user.id).toBe(user.id);
  });
});

describe('access tokens', () => {
  it('expire after 15 minutes', async () => {
    const { api, user } = await signUp(deps);
    clock.advance({ minutes: 15, seconds: 4 });
    expect((await api.users.me()).id).toBe(user.id);
    clock.advance({ seconds: 2 });
    await expect(api.users.me()).rejects.toMatchObject(unauthenticated);
  });

  it('are refused unless we signed them for this purpose', async () => {
    const { tokens, user } = await signUp(deps);
    const key = new TextEncoder().encode('a key that only the tests of this project ever use');
    const [, payload = '', signature = ''] = tokens.accessToken.split('.');
    const header = JSON.parse(Buffer.from(tokens.accessToken.split('.')[0] ?? '', 'base64url').toString());
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forge = (change: object, secret: Uint8Array = key) =>
      new SignJWT({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), ...change })
        .setProtectedHeader(header)
        .sign(secret);
    // The forger's tool works: an unchanged payload is accepted.
    expect((await callAs(deps, await forge({})).users.me()).id).toBe(user.id);
    const hostile = [
      '',
      'x',
      `${encode({ alg: 'none' })}.${payload}.`,
      `${encode({ ...header, alg: 'none' })}.${payload}.${signature}`,
      `${encode({ ...header, alg: 'RS256' })}.${payload}.${signature}`,
      `${encode({ ...header, kid: 'other' })}.${payload}.${signature}`,
      tokens.accessToken.slice(0, -2),
      String(tokens.refreshToken),
      await forge({}, new TextEncoder().encode('another key of quite sufficient length, 1234567')),
      await forge({ iss: 'else' }),
      await forge({ aud: 'else' }),
      await forge({ typ: 'refresh' }),
      await forge({ exp: 1 }),
      await forge({ exp: undefined }),
      await forge({ sid: undefined }),
      await forge({ sub: undefined }),
      await forge({ sub: 42 }),
    ];
    for (const token of hostile)
      await expect(callAs(deps, token).users.me(), token).rejects.toMatchObject(unauthenticated);
  });

  it('are accepted when signed with a previous key', async () => {
    const { tokens, user } = await signUp(deps);
    const old = 'a key that only the tests of this project ever use';
    const options = { accessMinutes: 15, refreshDays: 7, sessionDays: 30 };
    const rotated = {
      ...deps,
      tokens: createTokenIssuer({ secrets: ['a newer key, of at least 32 bytes as well', old], ...options }, clock),
    };
    expect((await callAs(rotated, tokens.accessToken).users.me()).id).toBe(user.id);
    const forgotten = {
      ...deps,
      tokens: createTokenIssuer({ secrets: ['a newer key, of at least 32 bytes as well'], ...options }, clock),
    };
    await expect(callAs(forgotten, tokens.accessToken).users.me()).rejects.toMatchObject(unauthenticated);
  });
});

describe('refresh', () => {
  it('returns new tokens, and the same ones again to the same token within 10 s', async () => {
    const { tokens, user } = await signUp(deps);
    clock.advance({ minutes: 20 });
    const successor = await refresh(tokens.refreshToken);
    expect(successor.refreshToken).not.toBe(tokens.refreshToken);
    expect((await callAs(deps, successor.accessToken).users.me()).id).toBe(user.id);
    clock.advance({ seconds: 10 });
    expect(await refresh(tokens.refreshToken)).toEqual(successor);
    clock.advance({ seconds: 1 });
    const third = await refresh(successor.refreshToken);
    expect(third.refreshToken).not.toBe(successor.refreshToken);
  });

  it('of the newest token returns the same pair within 10 s, for a client that is late with the previous one', async () => {
    const { tokens } = await signUp(deps);
    const second = await refresh(tokens.refreshToken);
    clock.advance({ seconds: 1 });
    expect(await refresh(second.refreshToken)).toEqual(second);
    clock.advance({ seconds: 1 });
    expect(await refresh(tokens.refreshToken)).toEqual(second);
    clock.advance({ seconds: 9 });
    const third = await refresh(second.refreshToken);
    expect(third.refreshToken).not.toBe(second.refreshToken);
    expect(await refresh(second.refreshToken)).toEqual(third);
  });

  it('never returns an expired access token again, with lifetimes of seconds', async () => {
    const lifetimes = { accessMinutes: 0.05, refreshDays: 7, sessionDays: 30 };
    const secret = 'a key that only the tests of this project ever use';
    const brief = { ...deps, tokens: createTokenIssuer({ secrets: [secret], ...lifetimes }, clock) };
    const { tokens } = await signUp(brief);
    const renew = (refreshToken: string | null) => callAs(brief, null).auth.refresh({ refreshToken });
    const second = await renew(tokens.refreshToken);
    clock.advance({ seconds: 2 });
    expect(await renew(second.refreshToken)).toEqual(second);
    clock.advance({ seconds: 1 });
    const third = await renew(second.refreshToken);
    expect(Date.parse(String(third.accessTokenExpiresAt))).toBeGreaterThan(clock.now().getTime());
  });

  it('rotates when it cannot recreate the response because lifetimes have changed', async () => {
    const lifetimes = { accessMinutes: 15, refreshDays: 7, sessionDays: 30 };
    const secret = 'a key that only the tests of this project ever use';
    const { tokens } = await signUp(deps);
    const second = await refresh(tokens.refreshToken);
    // Another lifetime makes other tokens of the same session.
    const other = { ...deps, tokens: createTokenIssuer({ secrets: [secret], ...lifetimes, refreshDays: 6 }, clock) };
    const third = await callAs(other, null).auth.refresh({ refreshToken: second.refreshToken });
    expect(third.refreshToken).not.toBe(second.refreshToken);
  });

  it('returns the same successor to 50 concurrent requests', async () => {
    const { tokens } = await signUp(deps);
    clock.advance({ minutes: 20 });
    const successors = await Promise.all(Array.from({ length: 50 }, () => refresh(tokens.refreshToken)));
    expect(new Set(successors.map((pair) => JSON.stringify(pair))).size).toBe(1);
  });

  it('ends the session when a used token is reused later, and records it in the activity', async () => {
    const { tokens, user } = await signUp(deps);
    clock.advance({ minutes: 20 });
    const successor = await refresh(tokens.refreshToken);
    clock.advance({ seconds: 11 });
    await expect(refresh(tokens.refreshToken)).rejects.toMatchObject(unauthenticated);
    await expect(refresh(successor.refreshToken)).rejects.toMatchObject(unauthenticated);
    await expect(callAs(deps, successor.accessToken).users.me()).rejects.toMatchObject(unauthenticated);
    const lines = await deps.db.prisma.activity.findMany({
      where: { userId: user.id, entity: 'session' },
      orderBy: { number: 'asc' },
    });
    expect(lines.map((line) => line.action)).toEqual(['register', 'reuse']);
  });

  it('ends the session when a token before the previous one is used', async () => {
    const { tokens } = await signUp(deps);
    const second = await refresh(tokens.refreshToken);
    clock.advance({ seconds: 11 });
    await refresh(second.refreshToken);
    await expect(refresh(tokens.refreshToken)).rejects.toMatchObject(unauthenticated);
    await expect(refresh(second.refreshToken)).rejects.toMatchObject(unauthenticated);
  });

  it('extends the session by 7 days each time, up to 30 days after the sign-in', async () => {
    const { tokens } = await signUp(deps);
    let latest = tokens.refreshToken;
    for (const days of [6, 6, 6, 6]) {
      clock.advance({ days });
      const pair = await refresh(latest);
      latest = pair.refreshToken;
      expect(Date.parse(String(pair.refreshTokenExpiresAt)) - clock.now().getTime()).toBeLessThanOrEqual(
        7 * 86_400_000,
      );
    }
    clock.advance({ days: 5 });
    const last = await refresh(latest);
    clock.advance({ days: 2 });
    await expect(refresh(last.refreshToken)).rejects.toMatchObject(unauthenticated);

    const idle = await signUp(deps);
    clock.advance({ days: 7, minutes: 1 });
    await expect(refresh(idle.tokens.refreshToken)).rejects.toMatchObject(unauthenticated);
  });

  it('is refused for a disabled user', async () => {
    const { tokens, user } = await signUp(deps);
    await deps.db.prisma.user.update({ where: { id: user.id }, data: { disabledAt: clock.now() } });
    await expect(refresh(tokens.refreshToken)).rejects.toMatchObject(unauthenticated);
  });

  it('is refused with an access token', async () => {
    const { tokens } = await signUp(deps);
    await expect(refresh(tokens.accessToken)).rejects.toMatchObject(unauthenticated);
  });
});

describe('logout', () => {
  it('ends only this session', async () => {
    const { api, email, tokens, user } = await signUp(deps);
    const other = await anyone().auth.login({ email, password: testPassword });
    expect(await api.auth.logout()).toEqual({ ok: true });
    await expect(api.users.me()).rejects.toMatchObject(unauthenticated);
    await expect(refresh(tokens.refreshToken)).rejects.toMatchObject(unauthenticated);
    expect((await callAs(deps, other.tokens.accessToken).users.me()).id).toBe(user.id);
  });
});
