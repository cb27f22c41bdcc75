import { testDatabase } from '@alice/db/testing';
import { expect, it } from 'vitest';
import { callAs, testPassword as password, signUp, testClock, testDeps } from '../../testing/index.ts';
import { purgeSessions } from './purge-sessions.ts';

it('deletes the sessions that ended or expired ninety days ago, and no activity entries', async () => {
  await using db = await testDatabase();
  const clock = testClock();
  const deps = await testDeps(db, { clock });
  const { email } = await signUp(deps);
  const signIn = async () =>
    callAs(deps, (await callAs(deps, null).auth.login({ email, password })).tokens.accessToken);
  const left = await signIn();
  await left.auth.logout();
  // A session lives for seven days after its last use.
  clock.advance({ days: 20 });
  await signIn();
  clock.advance({ days: 77, seconds: -1 });
  const current = await signIn();
  const linesBefore = await db.prisma.activity.count();

  expect(await purgeSessions(deps)).toBe(0);
  clock.advance({ seconds: 1 });
  // The one of the registration, and the one that was left.
  expect(await purgeSessions(deps)).toBe(2);
  expect(await purgeSessions(deps)).toBe(0);
  expect(await db.prisma.session.count()).toBe(2);
  expect(await db.prisma.activity.count()).toBe(linesBefore);
  expect((await current.auth.sessions({})).items).toHaveLength(1);
  const { items } = await current.auth.activity({});
  expect(items.map(({ action }) => action)).toEqual(['login', 'login', 'logout', 'login', 'register', 'create']);
});
