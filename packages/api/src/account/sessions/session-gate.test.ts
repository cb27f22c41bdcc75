import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { callAs, signUp, testClock, testDeps, testLog } from '../../testing/index.ts';
import { createSessionGate } from './session-gate.ts';

let db: Database;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const clock = { now: () => new Date() };

it('refuses a revoked session on another process within a second', async () => {
  const here = await testDeps(db, { clock });
  const there = { ...here, sessions: createSessionGate(db, testLog(), { accessSeconds: 900 }) };
  const { api, tokens, user } = await signUp(here);
  const elsewhere = callAs(there, tokens.accessToken);
  expect((await elsewhere.users.me()).id).toBe(user.id);
  await api.auth.logout();
  const loggedOutAt = performance.now();
  for (;;) {
    const isOpen = await elsewhere.users.me().then(
      () => true,
      () => false,
    );
    const waited = performance.now() - loggedOutAt;
    if (!isOpen) break;
    expect(waited).toBeLessThan(1000);
    await sleep(50);
  }
});

it('refuses a disabled user and accepts them again when enabled', async () => {
  const deps = await testDeps(db, { clock });
  const { api, user } = await signUp(deps);
  const disable = (disabledAt: Date | null) => db.prisma.user.update({ where: { id: user.id }, data: { disabledAt } });
  await disable(new Date());
  await expect(api.users.me()).rejects.toMatchObject({ cause: { code: 'UNAUTHENTICATED' } });
  await disable(null);
  expect((await api.users.me()).id).toBe(user.id);
});

it('queries the database once for many requests, and not at all while its data is current', async () => {
  let queries = 0;
  const counted: Pick<Database, 'query'> = {
    query: (statement, values) => {
      queries += 1;
      return db.query(statement, values);
    },
  };
  const gate = createSessionGate(counted, testLog(), {
    accessSeconds: 900,
    refreshAfterMs: 10_000,
    staleAfterMs: 20_000,
  });
  const identity = { id: 'a', sessionId: 'b' };
  await Promise.all(Array.from({ length: 100 }, () => gate.check(identity)));
  for (let i = 0; i < 100; i += 1) expect(gate.check(identity)).toBeUndefined();
  expect(queries).toBe(1);
});

it('refuses everyone while it cannot read the database', async () => {
  const failing: Pick<Database, 'query'> = { query: () => Promise.reject(new Error('no database')) };
  const gate = createSessionGate(failing, testLog(), { accessSeconds: 900 });
  await expect(gate.check({ id: 'a', sessionId: 'b' })).rejects.toThrow('no database');
});

it('knows the sessions that ended before it started', async () => {
  const deps = await testDeps(db, { clock: testClock(new Date().toISOString()) });
  const { api, tokens } = await signUp(deps);
  await api.auth.logout();
  const restarted = { ...deps, sessions: createSessionGate(db, testLog(), { accessSeconds: 900 }) };
  await expect(callAs(restarted, tokens.accessToken).users.me()).rejects.toMatchObject({
    cause: { code: 'UNAUTHENTICATED' },
  });
});
