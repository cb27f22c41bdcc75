import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { procedureMap } from '../../root.ts';
import { softAuthenticator } from '../../testing/authenticator.ts';
import { callAs, signUp, testDeps, testLog } from '../../testing/index.ts';
import { endSessions } from './end-sessions.ts';
import { createSessionGate } from './session-gate.ts';

type Api = ReturnType<typeof callAs>;

const refused = { cause: { code: 'UNAUTHENTICATED' } };
const newPassword = 'another horse, another staple';
const key = { name: 'mine', scopes: ['tasks:read' as const], expiresInDays: 366 };

let deps: Deps;
beforeAll(async () => {
  deps = await testDeps(await testDatabase(), { clock: { now: () => new Date() } });
});
afterAll(() => deps.db.close());

/** Whatever needs a fresh sign-in, prepared while the session lived; what it gives is what is then tried. */
const sensitive: Record<string, (api: Api) => Promise<() => Promise<unknown>>> = {
  'auth.changePassword': async (api) => () => api.auth.changePassword({ newPassword }),
  'auth.requestEmailChange': async (api) => () => api.auth.requestEmailChange({ email: 'thief@example.com' }),
  'secondFactor.renewRecoveryCodes': async (api) => () => api.secondFactor.renewRecoveryCodes(),
  'totp.enroll': async (api) => () => api.totp.enroll(),
  'totp.confirm': async (api) => () => api.totp.confirm({ code: '123456' }),
  'totp.remove': async (api) => () => api.totp.remove(),
  'passkeys.register': async (api) => {
    const response = softAuthenticator().create(await api.passkeys.registrationOptions());
    return () => api.passkeys.register({ name: 'mine', response });
  },
  'passkeys.remove': async (api) => () => api.passkeys.remove({ id: '01a21981-d84b-74a2-8096-b2b15c42c052' }),
  'apiKeys.create': async (api) => () => api.apiKeys.create(key),
  'apiKeys.rotate': async (api) => {
    const { apiKey } = await api.apiKeys.create(key);
    return () => api.apiKeys.rotate({ id: apiKey.id });
  },
  'users.requestDeletion': async (api) => () => api.users.requestDeletion(),
};

it('covers every procedure that requires recent authentication', () => {
  const paths = [...procedureMap.values()].filter(({ meta }) => meta.access === 'fresh').map(({ path }) => path);
  // The options are a question: nothing lasts of them.
  expect(Object.keys(sensitive).sort()).toEqual(paths.filter((path) => path !== 'passkeys.registrationOptions').sort());
});

describe.each(Object.entries(sensitive))('%s', (_path, prepare) => {
  it('changes nothing in a session that was just revoked elsewhere, or is revoked while it runs', async () => {
    // The gate of another process, which has not heard of it yet.
    const gate = createSessionGate(deps.db, testLog(), {
      accessSeconds: 900,
      refreshAfterMs: 60_000,
      staleAfterMs: 60_000,
    });
    const person = await signUp(deps);
    const there = callAs({ ...deps, sessions: gate }, person.tokens.accessToken);
    await there.users.me();
    const attempt = await prepare(there);
    const end = async () => {
      await endSessions(deps, { userId: person.user.id, reason: 'logout', by: null }, deps.db.query);
    };
    await end();
    const before = await lines(person.user.id);
    await expect(attempt()).rejects.toMatchObject({ cause: { code: 'FRESH_SIGN_IN_REQUIRED' } });

    const other = await signUp(deps);
    const transaction: Deps['db']['transaction'] = async (work) => {
      await endSessions(deps, { userId: other.user.id, reason: 'logout', by: null }, deps.db.query);
      return deps.db.transaction(work);
    };
    let isPrepared = false;
    const db: Deps['db'] = Object.create(deps.db, {
      transaction: { get: () => (isPrepared ? transaction : deps.db.transaction) },
    });
    const later = await prepare(callAs({ ...deps, db, sessions: gate }, other.tokens.accessToken));
    isPrepared = true;
    const linesOfOther = await lines(other.user.id);
    await expect(later()).rejects.toMatchObject(refused);
    expect(await lines(person.user.id)).toBe(before);
    // The end of the session itself is one.
    expect(await lines(other.user.id)).toBe(linesOfOther + 1);
  });
});

const lines = (userId: string) => deps.db.prisma.activity.count({ where: { userId } });

it('an administrator whose session was just revoked elsewhere cannot change a role', async () => {
  const gate = createSessionGate(deps.db, testLog(), {
    accessSeconds: 900,
    refreshAfterMs: 60_000,
    staleAfterMs: 60_000,
  });
  const [boss, person] = [await signUp(deps), await signUp(deps)];
  await deps.db.prisma.user.update({ where: { id: boss.user.id }, data: { role: 'admin' } });
  const there = callAs({ ...deps, sessions: gate }, boss.tokens.accessToken);
  await there.users.me();
  await boss.api.auth.logoutEverywhere({});
  await expect(there.users.changeRole({ id: person.user.id, role: 'admin' })).rejects.toMatchObject(refused);
  expect((await person.api.users.me()).role).toBe('user');
});
