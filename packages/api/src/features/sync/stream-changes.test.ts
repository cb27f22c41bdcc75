import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { createChangeFeed } from '../../platform/events/change-feed.ts';
import { requestContext, signUp, type TestClock, testClock, testDeps } from '../../testing/index.ts';
import type { ChangeOut } from './change.ts';
import { streamChanges } from './stream-changes.ts';

let deps: Deps;
let clock: TestClock;

beforeAll(async () => {
  clock = testClock();
  deps = await testDeps(await testDatabase(), { clock });
});
afterAll(() => deps.db.close());

async function follow(token: string, lastEventId?: string, own: Deps = deps) {
  const { request, caller } = await requestContext(own, token);
  if (caller instanceof DomainError) throw caller;
  const leaving = new AbortController();
  const stream = await streamChanges({ deps: own, request, user: caller }, { lastEventId }, leaving.signal);
  const changes = stream[Symbol.asyncIterator]();
  return { from: stream.from, next: () => changes.next(), leave: () => leaving.abort() };
}

const numberOf = ({ value }: IteratorResult<ChangeOut>) => value?.number;

describe('a stream of changes', () => {
  it('sends each change once, in order, and ends when its reader leaves', async () => {
    const { api, tokens, user } = await signUp(deps);
    const from = await deps.changes.latest(user.id);
    const stream = await follow(tokens.accessToken);
    expect(stream.from).toBe(from);
    const first = stream.next();
    await api.tasks.create({ title: 'a' });
    expect(numberOf(await first)).toBe(from + 1);
    for (const title of ['b', 'c', 'd']) await api.tasks.create({ title });
    expect([await stream.next(), await stream.next(), await stream.next()].map(numberOf)).toEqual([
      from + 2,
      from + 3,
      from + 4,
    ]);
    expect(deps.changes.watching(user.id)).toBe(1);
    const last = stream.next();
    stream.leave();
    expect((await last).done).toBe(true);
    expect(deps.changes.watching(user.id)).toBe(0);
  });

  it('starts after the last seen change', async () => {
    const { api, tokens, user } = await signUp(deps);
    for (const title of ['a', 'b', 'c']) await api.tasks.create({ title });
    const last = await deps.changes.latest(user.id);
    const stream = await follow(tokens.accessToken, String(last - 1));
    expect(numberOf(await stream.next())).toBe(last);
    stream.leave();
    await expect(follow(tokens.accessToken, String(last + 1))).rejects.toMatchObject({ code: 'FULL_SYNC_REQUIRED' });
  });

  it('sends nothing after its end, however much is still unread', async () => {
    const { api, tokens, user } = await signUp(deps);
    const from = await deps.changes.latest(user.id);
    for (const title of ['a', 'b', 'c']) await api.tasks.create({ title });
    const stream = await follow(tokens.accessToken, String(from));
    expect(numberOf(await stream.next())).toBe(from + 1);
    await api.auth.logout();
    await sleep(600);
    await expect(stream.next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('takes no slot when it is refused', async () => {
    const { tokens, user } = await signUp(deps);
    await expect(follow(tokens.accessToken, '999')).rejects.toMatchObject({ code: 'FULL_SYNC_REQUIRED' });
    await sleep(1);
    expect(deps.changes.watching(user.id)).toBe(0);
  });

  it('polls for changes that were not announced', async () => {
    const { api, tokens } = await signUp(deps);
    const deaf = createChangeFeed(deps.db, deps.log, { pollMs: 1 });
    const stream = await follow(tokens.accessToken, undefined, { ...deps, changes: deaf });
    const next = stream.next();
    await api.tasks.create({ title: 'a' });
    expect(numberOf(await next)).toBe(stream.from + 1);
    stream.leave();
  });

  it('fails when its session is revoked, and ends with its token', async () => {
    const [one, other] = [await signUp(deps), await signUp(deps)];
    const ending = (await follow(one.tokens.accessToken)).next();
    await one.api.auth.logout();
    // Logging out is a change of the person's that no copy holds.
    await expect(ending).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const expiring = (await follow(other.tokens.accessToken)).next();
    clock.advance({ minutes: 16 });
    expect((await expiring).done).toBe(true);
  });

  it('ends when the process is about to stop, and no new stream starts', async () => {
    const { tokens } = await signUp(deps);
    const own = { ...deps, changes: createChangeFeed(deps.db, deps.log, { pollMs: 1000 }) };
    const next = (await follow(tokens.accessToken, undefined, own)).next();
    await sleep(10);
    own.changes.close();
    expect((await next).done).toBe(true);
    expect((await (await follow(tokens.accessToken, undefined, own)).next()).done).toBe(true);
  });

  it('is limited to 20 per user', async () => {
    const { tokens, user } = await signUp(deps);
    // All at once: a place is taken before anything is waited for.
    const tried = await Promise.allSettled(Array.from({ length: 50 }, () => follow(tokens.accessToken)));
    const streams = tried.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(streams.length).toBe(20);
    expect(deps.changes.watching(user.id)).toBe(20);
    await expect(follow(tokens.accessToken)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    await expect(follow((await signUp(deps)).tokens.accessToken)).resolves.toBeDefined();
    // Whether or not anything was read of it.
    const readings = streams.slice(10).map((stream) => stream.next());
    for (const stream of streams) stream.leave();
    await sleep(20);
    expect(deps.changes.watching(user.id)).toBe(0);
    await Promise.all(readings);
  });
});
