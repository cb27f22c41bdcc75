import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { callAs, signUp, testDeps } from '../../testing/index.ts';
import { createCallLimiter } from './call-limiter.ts';
import { memoryWindows, type OpenWindows } from './windows.ts';

let deps: Deps;

beforeAll(async () => {
  deps = await testDeps(await testDatabase(), { callsPerMinute: 3 });
});
afterAll(() => deps.db.close());

it('allows the limit of calls per user, and returns the time to retry', async () => {
  const [one, other] = [await signUp(deps), await signUp(deps)];
  for (let count = 0; count < 3; count += 1) await one.api.users.me();
  await expect(one.api.users.me()).rejects.toMatchObject({
    cause: {
      code: 'TOO_MANY_REQUESTS',
      message: 'Rate limit of 3 calls per 60 seconds exceeded: retry in 60 s',
      retryAfterSeconds: 60,
    },
  });
  // Nothing is done for a refused call.
  await expect(one.api.tasks.create({ title: 'a' })).rejects.toMatchObject({ cause: { code: 'TOO_MANY_REQUESTS' } });
  expect((await other.api.tasks.list({})).items).toEqual([]);
});

it('starts a new window when the old one has ended', async () => {
  let now = 1000;
  const limiter = createCallLimiter({ callsPerMinute: 2, now: () => now });
  const count = async () => {
    const { remaining, resetSeconds, isUsedUp } = await limiter.countCall('a');
    return [remaining, resetSeconds, isUsedUp];
  };
  expect([await count(), await count(), await count()]).toEqual([
    [1, 60, false],
    [0, 60, false],
    [0, 60, true],
  ]);
  now += 59_500;
  expect(await count()).toEqual([0, 1, true]);
  now += 500;
  expect(await count()).toEqual([1, 60, false]);
});

it('counts anonymous calls and invalid tokens per network', async () => {
  const limiter = createCallLimiter({ callsPerMinute: 1000, anonymousPerMinute: 3 });
  const strict = { ...deps, limiter };
  const someone = await signUp(deps);
  const refusals: unknown[] = [];
  for (const token of [null, 'not.a.token', null, 'not.a.token', null]) {
    await callAs(strict, token)
      .users.me()
      .catch((error: unknown) => refusals.push(error));
  }
  expect(refusals).toMatchObject([
    { cause: { code: 'UNAUTHENTICATED' } },
    { cause: { code: 'UNAUTHENTICATED' } },
    { cause: { code: 'UNAUTHENTICATED' } },
    { cause: { code: 'TOO_MANY_REQUESTS', retryAfterSeconds: 60 } },
    { cause: { code: 'TOO_MANY_REQUESTS', retryAfterSeconds: 60 } },
  ]);
  const { refreshToken } = someone.tokens;
  await expect(callAs(strict, null).auth.refresh({ refreshToken: refreshToken ?? '' })).rejects.toMatchObject({
    cause: { code: 'TOO_MANY_REQUESTS' },
  });
  // Whoever shows who they are is not counted with them.
  await callAs(strict, someone.tokens.accessToken).users.me();
});

it('also counts the tokens of an ended session per network', async () => {
  const strict = { ...deps, limiter: createCallLimiter({ callsPerMinute: 1000, anonymousPerMinute: 2 }) };
  const { api, tokens } = await signUp(deps);
  await api.auth.logout();
  const call = () => callAs(strict, tokens.accessToken).users.me();
  for (let count = 0; count < 2; count += 1)
    await expect(call()).rejects.toMatchObject({ cause: { code: 'UNAUTHENTICATED' } });
  await expect(call()).rejects.toMatchObject({ cause: { code: 'TOO_MANY_REQUESTS' } });
});

it('gives an API key half of the limit, so that a faulty program leaves its owner the rest', async () => {
  const limiter = createCallLimiter({ callsPerMinute: 10 });
  const used: [number, number, boolean][] = [];
  for (let count = 0; count < 100; count += 1) {
    const { limit, remaining, isUsedUp } = await limiter.countCall('ada', 'a key');
    used.push([limit, remaining, isUsedUp]);
  }
  expect(used.slice(0, 6)).toEqual([4, 3, 2, 1, 0, 0].map((left, index) => [5, left, index === 5]));
  expect(await limiter.countCall('ada')).toMatchObject({ limit: 10, remaining: 4 });
  // Another key has half of its own, but no more than its owner.
  expect(await limiter.countCall('ada', 'another')).toMatchObject({ limit: 10, remaining: 3 });
});

describe('with windows shared between processes', () => {
  /** Windows of one store, and how often it was asked. */
  function store(): { readonly openWindows: OpenWindows; asked: number } {
    const opened = new Map<string, ReturnType<OpenWindows>>();
    const counting = {
      asked: 0,
      openWindows: ((limit) => {
        const windows = opened.get(limit.name) ?? memoryWindows(limit);
        opened.set(limit.name, windows);
        return {
          giveBack: windows.giveBack,
          take: (key, points) => {
            counting.asked += 1;
            return windows.take(key, points);
          },
        };
      }) satisfies OpenWindows,
    };
    return counting;
  }

  it('reserves a twentieth of the limit per query, and answers locally until it is used', async () => {
    const shared = store();
    const limiter = createCallLimiter({ callsPerMinute: 200, openWindows: shared.openWindows });
    const kinds: string[] = [];
    for (let count = 0; count < 21; count += 1) {
      const counted = limiter.countCall('ada');
      kinds.push(counted instanceof Promise ? 'asks' : 'knows');
      expect(await counted).toMatchObject({ limit: 200, remaining: 199 - count, isUsedUp: false });
    }
    expect(kinds).toEqual([
      'asks',
      ...Array<string>(9).fill('knows'),
      'asks',
      ...Array<string>(9).fill('knows'),
      'asks',
    ]);
    expect(shared.asked).toBe(3);
  });

  it.each([3, 130, 200])('two processes together allow %i calls, in any distribution', async (limit) => {
    const shared = store();
    const [one, other] = [0, 1].map(() =>
      createCallLimiter({ callsPerMinute: limit, openWindows: shared.openWindows }),
    );
    if (one === undefined || other === undefined) throw new Error('no limiters');
    const budgets = await Promise.all(
      Array.from({ length: 500 }, async (_, index) => (index % 3 === 0 ? one : other).countCall('ada')),
    );
    for (let count = 0; count < 100; count += 1) {
      budgets.push(await one.countCall('ada'), await other.countCall('ada'));
    }
    expect(budgets.filter(({ isUsedUp }) => !isUsedUp)).toHaveLength(limit);
    expect(shared.asked).toBeLessThan(30);
  });

  it('queries again a second after a refusal, since the window may have been reset', async () => {
    let now = 0;
    let granted = 0;
    const take = async () => ({ granted, left: 0, msUntilEnd: 60_000 });
    const limiter = createCallLimiter({
      callsPerMinute: 1,
      now: () => now,
      openWindows: () => ({ take, giveBack: () => undefined }),
    });
    expect(await limiter.countCall('ada')).toMatchObject({ isUsedUp: true, remaining: 0, resetSeconds: 60 });
    granted = 1;
    expect(limiter.countCall('ada')).toMatchObject({ isUsedUp: true });
    now = 1000;
    expect(await limiter.countCall('ada')).toMatchObject({ isUsedUp: false });
  });
});
