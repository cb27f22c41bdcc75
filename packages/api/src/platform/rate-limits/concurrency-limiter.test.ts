import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Deps } from '../../deps.ts';
import { procedureMap } from '../../root.ts';
import { callAs, requestContext, signUp, testDeps } from '../../testing/index.ts';
import {
  type ConcurrencyLimiter,
  createConcurrencyLimiter,
  networkConcurrency,
  type Place,
  personConcurrency,
} from './concurrency-limiter.ts';

/** Time moves by hand; what takes long is said and not waited for. */
function limiterOf(limits = personConcurrency) {
  let at = 10_000;
  const limiter = createConcurrencyLimiter({ ...limits, now: () => at });
  const pass = (ms: number) => {
    at += ms;
    vi.advanceTimersByTime(ms);
  };
  return { limiter, pass };
}

/** Enters as often as that goes without waiting. */
function fill(limiter: ConcurrencyLimiter, owner: string): Place[] {
  const places: Place[] = [];
  while (places.length < 100) {
    const place = limiter.enter(owner);
    if (place instanceof Promise) {
      place.catch(() => undefined);
      break;
    }
    places.push(place);
  }
  return places;
}

function repeat(times: number, limiter: ConcurrencyLimiter, owner: string, work: () => void): void {
  for (let count = 0; count < times; count += 1) {
    const place = limiter.enter(owner);
    if (place instanceof Promise) throw new Error('had to wait');
    work();
    place.leave();
  }
}

const refusal = { code: 'TOO_MANY_REQUESTS', retryAfterSeconds: 1 };

describe('one user', () => {
  it('may run a few calls at once, and fewer when they are long and others are served, too', () => {
    vi.useFakeTimers();
    const alone = limiterOf();
    repeat(20, alone.limiter, 'long', () => alone.pass(300));
    expect(fill(alone.limiter, 'long')).toHaveLength(8);
    const { limiter, pass } = limiterOf();
    for (let count = 0; count < 20; count += 1) {
      repeat(1, limiter, 'long', () => pass(20));
      repeat(5, limiter, 'short', () => pass(1));
    }
    expect(fill(limiter, 'long')).toHaveLength(1);
    expect(fill(limiter, 'short')).toHaveLength(8);
    expect(fill(limiter, 'unknown')).toHaveLength(2);
    vi.useRealTimers();
  });

  it('waits only for its own calls, in their order of arrival', async () => {
    const { limiter } = limiterOf({ most: 1, least: 1, isShared: false });
    const first = await limiter.enter('a');
    const order: string[] = [];
    const waiting = ['one', 'two', 'three'].map(async (name) => {
      const place = await limiter.enter('a');
      order.push(name);
      await sleep(5);
      place.leave();
    });
    expect(limiter.enter('b')).not.toBeInstanceOf(Promise);
    await sleep(10);
    expect(order).toEqual([]);
    first.leave();
    await Promise.all(waiting);
    expect(order).toEqual(['one', 'two', 'three']);
  });

  it('is refused after a while, and at once when too many calls wait', async () => {
    vi.useFakeTimers();
    const { limiter, pass } = limiterOf();
    fill(limiter, 'a');
    const waiting = Array.from({ length: 199 }, () => Promise.resolve(limiter.enter('a')).catch((error) => error));
    expect(() => limiter.enter('a')).toThrow(expect.objectContaining(refusal));
    pass(1500);
    for (const outcome of await Promise.all(waiting)) expect(outcome).toMatchObject(refusal);
    vi.useRealTimers();
  });

  it('gets no slot for a waiting call whose client has disconnected', async () => {
    const { limiter } = limiterOf({ most: 1, least: 1, isShared: false });
    const [place] = [limiter.enter('a')].filter((entered) => !(entered instanceof Promise));
    const gone = limiter.enter('a', () => true);
    const here = limiter.enter('a', () => false);
    (place as Place).leave();
    await expect(gone).rejects.toMatchObject({ code: 'CANCELLED' });
    (await here).leave();
  });

  it('fails all waiting calls when one finds that the database is unavailable', async () => {
    const { limiter } = limiterOf({ most: 1, least: 1, isShared: false });
    const place = await limiter.enter('a');
    const waiting = [1, 2, 3].map(() => limiter.enter('a'));
    const gone = new Error('the database is gone');
    place.fail(gone);
    for (const one of waiting) await expect(one).rejects.toBe(gone);
    expect(limiter.enter('a')).not.toBeInstanceOf(Promise);
  });
});

describe('a user who takes much more time than the others', () => {
  /** Has used two seconds, in long calls. */
  const hog = (limiter: ConcurrencyLimiter, pass: (ms: number) => void) => repeat(8, limiter, 'hog', () => pass(250));

  it('may run one call at a time, and then pauses twice as long as it took', async () => {
    vi.useFakeTimers();
    const { limiter, pass } = limiterOf();
    repeat(5, limiter, 'light', () => pass(2));
    for (let count = 0; count < 3; count += 1) {
      const place = limiter.enter('hog');
      pass(250);
      repeat(1, limiter, 'light', () => pass(2));
      if (!(place instanceof Promise)) place.leave();
    }
    const next = limiter.enter('hog');
    expect(next).toBeInstanceOf(Promise);
    let isServed = false;
    void Promise.resolve(next).then(() => {
      isServed = true;
    });
    pass(490);
    await Promise.resolve();
    expect(isServed).toBe(false);
    repeat(1, limiter, 'light', () => pass(2));
    pass(30);
    await vi.waitFor(() => expect(isServed).toBe(true));
    expect(limiter.enter('hog')).toBeInstanceOf(Promise);
    repeat(5, limiter, 'light', () => pass(2));
    vi.useRealTimers();
  });

  it('is not limited while alone, or when the others take as much', () => {
    vi.useFakeTimers();
    const alone = limiterOf();
    hog(alone.limiter, alone.pass);
    expect(fill(alone.limiter, 'hog')).toHaveLength(8);
    const among = limiterOf();
    for (let round = 0; round < 8; round += 1) {
      for (const owner of ['a', 'b', 'c']) repeat(1, among.limiter, owner, () => among.pass(100));
    }
    expect(fill(among.limiter, 'a')).toHaveLength(8);
    vi.useRealTimers();
  });

  it('is treated alike when the owners are networks', () => {
    vi.useFakeTimers();
    const { limiter, pass } = limiterOf(networkConcurrency);
    repeat(5, limiter, 'light', () => pass(2));
    hog(limiter, pass);
    expect(fill(limiter, 'hog')).toHaveLength(16);
    vi.useRealTimers();
  });
});

describe('every procedure', () => {
  let deps: Deps;
  beforeAll(async () => {
    deps = await testDeps(await testDatabase());
  });
  afterAll(() => deps.db.close());

  it('passes the limiter once: by user for sessions and API keys, or else by network', async () => {
    const { user, tokens, api } = await signUp(deps);
    const { key } = await api.apiKeys.create({ name: 'k', scopes: ['tasks:read'], expiresInDays: 1 });
    const entered: string[] = [];
    const recorded = (kind: keyof Deps['concurrency']): ConcurrencyLimiter => ({
      ...deps.concurrency[kind],
      enter: (owner, hasLeft) => {
        entered.push(`${kind} ${owner}`);
        return deps.concurrency[kind].enter(owner, hasLeft);
      },
    });
    const own = { ...deps, concurrency: { ofPerson: recorded('ofPerson'), ofNetwork: recorded('ofNetwork') } };
    for (const { path, type, meta, call } of procedureMap.values()) {
      if (path.startsWith('auth.logout')) continue;
      const ctx = await requestContext(own, tokens.accessToken);
      const signal = AbortSignal.abort();
      // Whatever is wrong with the input is found later.
      await call({ path, type, ctx, getRawInput: async () => null, signal, batchIndex: 0 }).catch(() => undefined);
      const expected = meta.access === 'public' ? 'ofNetwork 192.0.2.1' : `ofPerson ${user.id}`;
      expect(entered.splice(0), path).toEqual([expected]);
    }
    await callAs(own, key).tasks.list({});
    expect(entered).toEqual([`ofPerson ${user.id}`]);
  });

  it("one user's calls leave the others at their usual speed, and a batch of ten is served completely", async () => {
    const [greedy, other] = [await signUp(deps), await signUp(deps)];
    await deps.db.query(
      {
        text: `INSERT INTO tasks (user_id, id, title, notes, due_by, created_at, updated_at)
               SELECT $1, gen_random_uuid(), 'x', repeat('a', 20000), '9999-12-31 23:59:59', now(), now()
                 FROM generate_series(1, 40)`,
      },
      [greedy.user.id],
    );
    await other.api.tasks.list({});
    const flood = Array.from({ length: 10 }, () => greedy.api.tasks.list({ text: `${'a'.repeat(199)}b` }));
    let isOver = false;
    void Promise.all(flood).then(() => {
      isOver = true;
    });
    await other.api.tasks.list({});
    expect(isOver).toBe(false);
    for (const { items } of await Promise.all(flood)) expect(items).toEqual([]);
  });
});
