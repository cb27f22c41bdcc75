import type { Database } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { callAs, signUp, type TestClock, testClock, testDeps, testPassword } from '../../testing/index.ts';
import { createRecentRotations } from './recent-rotations.ts';
import { createTokenIssuer } from './tokens.ts';

let db: Database;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const secrets = ['a key that two processes with different clocks share'] as const;
const lifetimes = { accessMinutes: 15, refreshDays: 7, sessionDays: 30 };
const shared = testClock();

/** A process whose clock is so many seconds ahead of the true time, which all of them share. */
async function processAhead(seconds: number): Promise<Deps> {
  const clock: Pick<TestClock, 'now'> = { now: () => new Date(shared.now().getTime() + seconds * 1000) };
  const deps = await testDeps(db, { clock: { ...shared, ...clock } as TestClock });
  return {
    ...deps,
    tokens: createTokenIssuer({ secrets: [...secrets], ...lifetimes }, clock),
    rotations: createRecentRotations(),
  };
}

describe.each([
  ['behind', -10],
  ['ahead', 10],
])('F19: two processes, one of them 10 s %s', (_name, seconds) => {
  it('sign nobody out, whichever process answers', async () => {
    const processes = [await processAhead(0), await processAhead(seconds)] as const;
    for (const [first, second] of [processes, [...processes].reverse() as [Deps, Deps]]) {
      const { tokens, email } = await signUp(first);
      expect((await callAs(second, tokens.accessToken).users.me()).email).toBe(email);
      let { refreshToken } = tokens;
      for (let round = 0; round < 4; round += 1) {
        const [here, there] = round % 2 === 0 ? [second, first] : [first, second];
        // One tab, then another one with the same token that was asleep for as long as it may be.
        const one = await callAs(here, null).auth.refresh({ refreshToken });
        for (const wait of [0, 1, 8]) {
          shared.advance({ seconds: wait });
          expect(await callAs(there, null).auth.refresh({ refreshToken })).toEqual(one);
          expect((await callAs(there, one.accessToken).users.me()).email).toBe(email);
        }
        expect((await callAs(here, one.accessToken).users.me()).email).toBe(email);
        refreshToken = one.refreshToken;
        shared.advance({ minutes: 14 });
      }
      expect((await callAs(second, null).auth.login({ email, password: testPassword })).user.email).toBe(email);
    }
  });

  it('still end a session whose used token is reused later', async () => {
    const [first, second] = [await processAhead(0), await processAhead(seconds)];
    const { tokens } = await signUp(first);
    const { refreshToken } = tokens;
    const next = await callAs(first, null).auth.refresh({ refreshToken });
    shared.advance({ seconds: 31 });
    const late = callAs(second, null).auth.refresh({ refreshToken });
    await expect(late).rejects.toMatchObject({ cause: { code: 'UNAUTHENTICATED' } });
    const after = callAs(first, null).auth.refresh({ refreshToken: next.refreshToken });
    await expect(after).rejects.toMatchObject({
      cause: { code: 'UNAUTHENTICATED', message: 'This session has ended' },
    });
  });
});

it('a process knows to the second how long ago it rotated a token itself', async () => {
  const deps = await processAhead(0);
  const { tokens } = await signUp(deps);
  const { refreshToken } = tokens;
  await callAs(deps, null).auth.refresh({ refreshToken });
  shared.advance({ seconds: 11 });
  await expect(callAs(deps, null).auth.refresh({ refreshToken })).rejects.toMatchObject({
    cause: { code: 'UNAUTHENTICATED' },
  });
});

it('with a larger skew, the process that is behind refuses a token that it accepts later', async () => {
  const [first, second] = [await processAhead(0), await processAhead(-20)];
  const { tokens, email } = await signUp(first);
  await expect(callAs(second, tokens.accessToken).users.me()).rejects.toMatchObject({
    cause: { code: 'UNAUTHENTICATED', message: 'The access token is not valid yet: the clocks of this service differ' },
  });
  await expect(callAs(second, null).auth.refresh({ refreshToken: tokens.refreshToken })).rejects.toMatchObject({
    cause: {
      code: 'UNAUTHENTICATED',
      message: 'The refresh token is not valid yet: the clocks of this service differ',
    },
  });
  shared.advance({ seconds: 5 });
  expect((await callAs(second, tokens.accessToken).users.me()).email).toBe(email);
});
