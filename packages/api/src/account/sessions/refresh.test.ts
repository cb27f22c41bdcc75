import { databaseFault } from '@alice/db';
import { testDatabase, testRounds } from '@alice/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { callAs, signUp, type TestClock, testClock, testDeps } from '../../testing/index.ts';
import { createTokenIssuer } from './tokens.ts';

let deps: Deps;
/** Another process, whose clock is a second ahead: what it would give is another token. */
let ahead: Deps;
let clock: TestClock;

beforeAll(async () => {
  clock = testClock();
  deps = await testDeps(await testDatabase(), { clock });
  ahead = { ...deps, clock: { now: () => new Date(clock.now().getTime() + 1000) } };
});
afterAll(() => deps.db.close());

/** As the SDK does, again while the database is too busy to say anything: so many at once are more than its pool holds. */
async function refresh(refreshToken: string | null, by = deps) {
  for (;;) {
    try {
      return await callAs(by, null).auth.refresh({ refreshToken });
    } catch (error) {
      if (databaseFault(error)?.kind !== 'unavailable') throw error;
    }
  }
}

/** A quarter of the required number: TEST_ROUNDS=4 runs all of them. */
const rounds = 50 * testRounds();
const atOnce = 50;

it(`${atOnce} concurrent refreshes of one token on two processes all get the same successor, ${rounds} times`, async () => {
  const { tokens, user } = await signUp(deps);
  let { refreshToken } = tokens;
  const seen = new Set([refreshToken]);
  for (let round = 1; round <= rounds; round += 1) {
    clock.advance({ minutes: 1 });
    const presented = refreshToken;
    const pairs = await Promise.all(
      Array.from({ length: atOnce }, (_, index) => refresh(presented, index % 2 === 0 ? deps : ahead)),
    );
    expect(new Set(pairs.map((pair) => JSON.stringify(pair))).size).toBe(1);
    refreshToken = pairs[0]?.refreshToken ?? null;
    seen.add(refreshToken);
    // A reply that was lost: whoever comes back within the grace is given the same again.
    clock.advance({ seconds: 10 });
    expect(await refresh(presented)).toEqual(pairs[0]);
  }
  expect(seen.size).toBe(rounds + 1);
  const sessions = await deps.db.prisma.session.findMany({ where: { userId: user.id } });
  expect(sessions).toMatchObject([{ generation: rounds + 1, endedAt: null }]);
}, 240_000);

it('returns the same successor during a key rotation: one process signs with the new key, another with the old one', async () => {
  const clock = testClock();
  await using db = await testDatabase();
  const deps = await testDeps(db, { clock });
  const [older, newer] = ['the older of two keys, of 32 bytes or more', 'the newer of two keys, of 32 bytes or more'];
  const lifetimes = { accessMinutes: 15, refreshDays: 7, sessionDays: 30 };
  const before = { ...deps, tokens: createTokenIssuer({ secrets: [older, newer], ...lifetimes }, clock) };
  const after = { ...deps, tokens: createTokenIssuer({ secrets: [newer, older], ...lifetimes }, clock) };
  for (const [first, second] of [
    [before, after],
    [after, before],
  ] as const) {
    const { tokens } = await signUp(first);
    const { refreshToken } = tokens;
    const successor = await callAs(first, null).auth.refresh({ refreshToken });
    expect(await callAs(second, null).auth.refresh({ refreshToken })).toEqual(successor);
    clock.advance({ seconds: 11 });
    // It was the one that counts.
    const next = await callAs(second, null).auth.refresh({ refreshToken: successor.refreshToken });
    expect(next.refreshToken).not.toBe(successor.refreshToken);
  }
});
