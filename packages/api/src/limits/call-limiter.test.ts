import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Deps } from '../deps.ts';
import { signUp, testDeps } from '../testing/index.ts';
import { createCallLimiter } from './call-limiter.ts';

let deps: Deps;

beforeAll(async () => {
  deps = await testDeps(await testDatabase(), { callsPerMinute: 3 });
});
afterAll(() => deps.db.close());

it('lets so many calls of a person through, and says when the next may come', async () => {
  const [one, other] = [await signUp(deps), await signUp(deps)];
  for (let count = 0; count < 3; count += 1) await one.api.users.me();
  await expect(one.api.users.me()).rejects.toMatchObject({
    cause: {
      code: 'TOO_MANY_REQUESTS',
      message: 'At most 3 calls in 60 seconds: come again in 60 s',
      retryAfterSeconds: 60,
    },
  });
  // Nothing is done for a refused call.
  await expect(one.api.tasks.create({ title: 'a' })).rejects.toMatchObject({ cause: { code: 'TOO_MANY_REQUESTS' } });
  expect((await other.api.tasks.list({})).items).toEqual([]);
});

it('begins a new window when the old one has ended', async () => {
  let now = 1000;
  const limiter = createCallLimiter(2, () => now);
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
