import { randomUUID } from 'node:crypto';
import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import type { DomainError } from '../../errors/domain-error.ts';
import { callAs, signUp, type TestClock, testClock, testDeps, testPassword } from '../../testing/index.ts';

let deps: Deps;
let clock: TestClock;

beforeAll(async () => {
  clock = testClock();
  // The gate reads seldom: what ends here must be closed here without it.
  deps = await testDeps(await testDatabase(), { clock, gateAgeMs: 600_000 });
});
afterAll(() => deps.db.close());

const unauthenticated = { cause: { code: 'UNAUTHENTICATED' } };
const login = (email: string) => callAs(deps, null).auth.login({ email, password: testPassword });
const lines = async (userId: string) =>
  (await deps.db.prisma.activity.findMany({ where: { userId }, orderBy: { number: 'asc' } })).map(
    ({ entity, action, entityId, sessionId }) => ({ entity, action, entityId, sessionId }),
  );

describe('sessions', () => {
  it('lists the active sessions, newest first, in pages', async () => {
    const { api, email, tokens } = await signUp(deps);
    const others = [];
    for (const minutes of [1, 1, 1]) {
      clock.advance({ minutes });
      others.push(await login(email));
    }
    const whole = await api.auth.sessions();
    expect(whole).toMatchObject({ nextCursor: null, items: [{}, {}, {}, { isCurrent: true }] });
    expect(whole.items.filter(({ isCurrent }) => isCurrent)).toHaveLength(1);
    expect(whole.items[0]).toEqual({
      id: expect.any(String),
      userAgent: 'tests',
      address: '192.0.2.1',
      createdAt: clock.now().toISOString(),
      lastSeenAt: clock.now().toISOString(),
      expiresAt: others[2]?.tokens.refreshTokenExpiresAt,
      isCurrent: false,
    });

    const first = await api.auth.sessions({ limit: 3 });
    const second = await api.auth.sessions({ limit: 3, cursor: String(first.nextCursor) });
    expect([...first.items, ...second.items]).toEqual(whole.items);
    expect(second.nextCursor).toBeNull();

    clock.advance({ minutes: 1 });
    await callAs(deps, null).auth.refresh({ refreshToken: tokens.refreshToken });
    expect((await api.auth.sessions()).items[3]?.lastSeenAt).toBe(clock.now().toISOString());
    await callAs(deps, String(others[0]?.tokens.accessToken)).auth.logout();
    expect((await api.auth.sessions()).items).toHaveLength(3);
    const [stranger] = await Promise.all([signUp(deps)]);
    expect((await stranger.api.auth.sessions()).items).toHaveLength(1);
    clock.advance({ days: 8 });
    const late = await login(email);
    expect((await callAs(deps, late.tokens.accessToken).auth.sessions()).items).toHaveLength(1);
  });

  it('can be revoked one at a time, only by their owner', async () => {
    const { api, email, user } = await signUp(deps);
    const other = await login(email);
    const stranger = await signUp(deps);
    const [{ id } = { id: '' }] = (await api.auth.sessions()).items.filter(({ isCurrent }) => !isCurrent);
    const refusals = [];
    for (const attempt of [
      () => stranger.api.auth.revokeSession({ id }),
      () => api.auth.revokeSession({ id: uuidv7() }),
    ])
      refusals.push(await attempt().catch(({ cause }: { cause: DomainError }) => [cause.code, cause.message]));
    expect(refusals).toEqual([
      ['NOT_FOUND', 'Session not found'],
      ['NOT_FOUND', 'Session not found'],
    ]);

    expect((await callAs(deps, other.tokens.accessToken).users.me()).id).toBe(user.id);
    expect(await api.auth.revokeSession({ id })).toEqual({ ok: true });
    await expect(callAs(deps, other.tokens.accessToken).users.me()).rejects.toMatchObject(unauthenticated);
    await expect(callAs(deps, null).auth.refresh({ refreshToken: other.tokens.refreshToken })).rejects.toMatchObject(
      unauthenticated,
    );
    await expect(api.auth.revokeSession({ id })).rejects.toMatchObject({ cause: { code: 'NOT_FOUND' } });
    expect((await lines(user.id)).at(-1)).toMatchObject({ entity: 'session', action: 'revoked', entityId: id });
  });

  it('can be revoked all together or all except this one, each with its own activity entry', async () => {
    const { api, email, tokens, user } = await signUp(deps);
    const others = [await login(email), await login(email)];
    const stranger = await signUp(deps);
    expect(await api.auth.logoutEverywhere({ keepThis: true })).toEqual({ ended: 2 });
    for (const { tokens: ended } of others)
      await expect(callAs(deps, ended.accessToken).users.me()).rejects.toMatchObject(unauthenticated);
    expect((await api.users.me()).id).toBe(user.id);
    const written = await lines(user.id);
    // The account, its Inbox, and the sessions.
    const created = ['create', 'create', 'register', 'login', 'login'];
    expect(written.map(({ action }) => action)).toEqual([...created, 'revoked', 'revoked']);
    expect(new Set(written.slice(created.length).map(({ entityId }) => entityId)).size).toBe(2);
    expect(await deps.changes.latest(user.id)).toBe(written.length);

    expect(await api.auth.logoutEverywhere()).toEqual({ ended: 1 });
    await expect(api.users.me()).rejects.toMatchObject(unauthenticated);
    await expect(callAs(deps, null).auth.refresh({ refreshToken: tokens.refreshToken })).rejects.toMatchObject(
      unauthenticated,
    );
    expect((await stranger.api.users.me()).id).toBe(stranger.user.id);
  });

  it('are revoked once for an idempotency key', async () => {
    const { email, tokens } = await signUp(deps);
    await login(email);
    const keyed = () => callAs(deps, tokens.accessToken, 'everywhere').auth.logoutEverywhere({ keepThis: true });
    expect(await keyed()).toEqual({ ended: 1 });
    await login(email);
    expect(await keyed()).toEqual({ ended: 1 });
    expect(await callAs(deps, tokens.accessToken).auth.logoutEverywhere({ keepThis: true })).toEqual({ ended: 1 });
  });
});

describe('re-authentication', () => {
  it('allows sensitive operations for five minutes, for this session only', async () => {
    const { api, email, tokens, user } = await signUp(deps);
    const other = await login(email);
    clock.advance({ minutes: 5, seconds: 1 });
    const change = (token: string) =>
      callAs(deps, token).auth.requestEmailChange({ email: `${randomUUID()}@example.com` });
    const stale = { cause: { code: 'FRESH_SIGN_IN_REQUIRED' } };
    await expect(change(tokens.accessToken)).rejects.toMatchObject(stale);

    await expect(api.auth.confirm({ password: `${testPassword}!` })).rejects.toMatchObject({
      cause: { code: 'INVALID_CREDENTIALS' },
    });
    await expect(change(tokens.accessToken)).rejects.toMatchObject(stale);
    expect(await api.auth.confirm({ password: testPassword })).toEqual({ ok: true });
    expect(await change(tokens.accessToken)).toEqual({ ok: true });
    await expect(change(other.tokens.accessToken)).rejects.toMatchObject(stale);
    expect((await lines(user.id)).at(-1)).toMatchObject({ entity: 'session', action: 'confirm' });
    clock.advance({ minutes: 5, seconds: 1 });
    await expect(change(tokens.accessToken)).rejects.toMatchObject(stale);
  });

  it('works with an idempotency key, with a correct or a wrong password', async () => {
    const { tokens } = await signUp(deps);
    clock.advance({ minutes: 6 });
    const keyed = (key: string, password: string) => callAs(deps, tokens.accessToken, key).auth.confirm({ password });
    await expect(keyed('a', 'not the right one')).rejects.toMatchObject({ cause: { code: 'INVALID_CREDENTIALS' } });
    for (const _ of [1, 2]) expect(await keyed('b', testPassword)).toEqual({ ok: true });
  });
});
