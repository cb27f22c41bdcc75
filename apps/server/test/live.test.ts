import { expect, test } from 'vitest';
import { call, type Person, register } from './harness/call.ts';
import { type ChildServer, startServer } from './harness/child-server.ts';
import { livePaths } from './harness/event-stream.ts';
import { attempt, latestNumber, maxStreams, openStream, sharedServer, until } from './harness/live.ts';
import { createTestStore, type TestStore } from './harness/test-store.ts';

const timeout = 60_000;
const shared = sharedServer();

for (const [transport, path] of Object.entries(livePaths)) {
  test(`a stream over ${transport} starts with the next change, or after the last one that was seen`, {
    timeout,
  }, async () => {
    const server = shared();
    const ada = await register(server.url);
    const { id } = await call(server.url, 'tasks.create', { title: 'before' }, ada.token);
    const from = await latestNumber(server, ada);

    using fromNow = await openStream(server, ada, { path });
    using fromThe2nd = await openStream(server, ada, { path, lastEventId: from - 1 });
    using fromTheFirst = await openStream(server, ada, { path, lastEventId: 0 });
    await call(server.url, 'tasks.update', { id, title: 'after' }, ada.token);

    const streams = [fromNow, fromThe2nd, fromTheFirst];
    await until(() => streams.every(({ numbers }) => numbers.at(-1) === from + 1), 2000, 'the change came');
    expect(fromNow.events[0]).toMatchObject({ id: from, name: transport === 'rest' ? 'ready' : 'connected' });
    expect(fromNow.numbers).toEqual([from + 1]);
    expect(fromThe2nd.numbers).toEqual([from, from + 1]);
    // The account and its Inbox. Signing in is a change too, but not one of what is synced.
    expect(fromTheFirst.numbers).toEqual([1, 2, from, from + 1]);
    const change = { number: from + 1, action: 'update', id, deleted: false, row: { title: 'after' } };
    expect(JSON.parse(fromNow.events[1]?.data ?? '')).toMatchObject(change);

    await call(server.url, 'auth.logout', undefined, ada.token);
    expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual([true, true, true]);
    expect(fromNow.events.at(-1)).toMatchObject({ name: transport === 'rest' ? 'end' : 'serialized-error' });
    expect(fromNow.events.at(-1)?.data).toContain('"UNAUTHENTICATED"');
  });
}

test('a number that was pruned or does not exist yet is answered with 410', { timeout }, async () => {
  await using store = await createTestStore();
  const ada = await withServer(store, async (server) => {
    const person = await register(server.url);
    for (let count = 0; count < 5; count += 1)
      await call(server.url, 'tasks.create', { title: `t${count}` }, person.token);
    return person;
  });
  await pruneThrough(store, ada, 4);

  await using server = await startServer(store);
  const goneOrNotYet = { status: 410, body: { code: 'FULL_SYNC_REQUIRED', status_code: 410 } };
  const last = await latestNumber(server, ada);
  for (const number of [0, 3, last + 1, last + 1000]) {
    expect(await attempt(server, ada, number)).toMatchObject(goneOrNotYet);
  }
  using oldest = await openStream(server, ada, { lastEventId: 4 });
  using newest = await openStream(server, ada, { lastEventId: last });
  await until(() => oldest.numbers.length === last - 4, 2000, 'what is left came');
  expect(newest.numbers).toEqual([]);
});

async function withServer<T>(store: TestStore, work: (server: ChildServer) => Promise<T>): Promise<T> {
  await using server = await startServer(store);
  const result = await work(server);
  await server.kill('SIGTERM');
  return result;
}

/** As the job will do it that takes away old activity lines. */
async function pruneThrough(store: TestStore, { id }: Person, number: number): Promise<void> {
  await using database = await store.open();
  await database.query({ text: 'UPDATE change_counters SET pruned_through = $2 WHERE user_id = $1' }, [id, number]);
  const prune = "DELETE FROM activity WHERE user_id = $1 AND number <= $2 AND entity IN ('task', 'goal')";
  await database.query({ text: prune }, [id, number]);
}

test(`a user has at most ${maxStreams} streams at once`, { timeout }, async () => {
  const server = shared();
  const [ada, bob] = await Promise.all([register(server.url), register(server.url)]);
  using stack = new DisposableStack();
  const first = stack.use(await openStream(server, ada));
  for (let count = 1; count < maxStreams; count += 1) stack.use(await openStream(server, ada));

  const tooMany = await attempt(server, ada);
  expect(tooMany).toMatchObject({ status: 429, body: { code: 'TOO_MANY_REQUESTS' } });
  expect(Number(tooMany.headers['retry-after'])).toBeGreaterThan(0);
  stack.use(await openStream(server, bob));

  first[Symbol.dispose]();
  await until(async () => (await attempt(server, ada)).status === 200, 2000, 'a place is free again');
});
