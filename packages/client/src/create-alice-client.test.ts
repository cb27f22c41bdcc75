import { expect, expectTypeOf, test } from 'vitest';
import { type PeerReply, startPeer } from '../test/peer.ts';
import { createAliceClient, type Task } from './index.ts';

const page = { data: { items: [], nextCursor: null } };

test('a call reaches its procedure and returns Dates', async () => {
  const peer = await startPeer(() => ({
    data: { id: '1', title: '2026-11-22T09:30:00.000Z', createdAt: '2026-11-22T09:30:00.000Z' },
  }));
  const alice = createAliceClient({ url: `${peer.url}/` });
  const task = await alice.tasks.create.mutate({ title: 'Zahnarzt 🦷' });
  expectTypeOf(task).toEqualTypeOf<Task>();
  expect(task.createdAt).toEqual(new Date('2026-11-22T09:30:00.000Z'));
  expect(task.title).toBe('2026-11-22T09:30:00.000Z');
  expect(peer.calls[0]).toMatchObject({ path: 'tasks.create', type: 'mutation', input: { title: 'Zahnarzt 🦷' } });
});

test('concurrent calls share batches of at most 10', async () => {
  const peer = await startPeer(() => page);
  const alice = createAliceClient({ url: peer.url });
  await Promise.all(Array.from({ length: 23 }, () => alice.tasks.list.query({})));
  const sizes = new Map(peer.calls.map(({ request, size }) => [request, size]));
  expect([...sizes.values()].sort()).toEqual([10, 10, 3]);
});

test('queries with a URL that is too long are split, and a single one that is too long is still sent', async () => {
  const peer = await startPeer(() => page);
  const alice = createAliceClient({ url: peer.url });
  const long = { text: '🦷'.repeat(120) };
  await Promise.all([1, 2, 3, 4].map(() => alice.tasks.list.query(long)));
  await alice.tasks.list.query({ text: '🦷'.repeat(1000) });
  expect(peer.calls).toHaveLength(5);
  expect(Math.max(...peer.calls.map(({ size }) => size))).toBeLessThan(4);
});

test('slow calls and calls that opt out are not batched, so that they delay no others', async () => {
  const release = Promise.withResolvers<PeerReply>();
  const peer = await startPeer(({ path }) =>
    path === 'insights.overview' || path === 'goals.list' ? release.promise : page,
  );
  const alice = createAliceClient({ url: peer.url });
  const slow = alice.insights.overview.query();
  const alone = alice.goals.list.query({}, { context: { skipBatch: true } });
  await Promise.all([alice.tasks.list.query({}), alice.tasks.list.query({})]);
  expect(peer.calls.map(({ path, size }) => [path, size]).sort()).toEqual([
    ['goals.list', 1],
    ['insights.overview', 1],
    ['tasks.list', 2],
    ['tasks.list', 2],
  ]);
  release.resolve(page);
  await Promise.all([slow, alone]);
});

test('custom headers and a custom fetch are used', async () => {
  const peer = await startPeer(() => page);
  const seen: string[] = [];
  const alice = createAliceClient({
    url: peer.url,
    headers: async () => ({ 'x-tenant': 'north' }),
    fetch: (input, init) => {
      seen.push(String(input));
      return fetch(input, init);
    },
  });
  await alice.tasks.list.query({});
  expect(seen).toHaveLength(1);
  expect(peer.calls[0]?.headers['x-tenant']).toBe('north');
});

test('cancelling one call of a batch cancels only that call, at once', async () => {
  const release = Promise.withResolvers<PeerReply>();
  const peer = await startPeer(() => release.promise);
  const alice = createAliceClient({ url: peer.url });
  const controller = new AbortController();
  const cancelled = alice.tasks.list.query({}, { signal: controller.signal });
  const kept = alice.tasks.list.query({});
  setTimeout(() => controller.abort('changed my mind'), 20);
  await expect(cancelled).rejects.toMatchObject({ name: 'AliceError', code: 'CANCELLED', cause: 'changed my mind' });
  release.resolve(page);
  await expect(kept).resolves.toEqual(page.data);
});

test('a call that was cancelled before it starts sends nothing', async () => {
  const peer = await startPeer(() => page);
  const alice = createAliceClient({ url: peer.url });
  await expect(alice.tasks.list.query({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'CANCELLED',
  });
  expect(peer.calls).toEqual([]);
});

test('an input that JSON cannot represent rejects, and is not reported as a network error', async () => {
  const alice = createAliceClient({ url: 'http://127.0.0.1:1' });
  const input: object = { limit: 1n };
  for (const skipBatch of [false, true]) {
    const failed = { name: 'AliceError', code: 'INTERNAL' };
    await expect(alice.tasks.list.query(input, { context: { skipBatch } })).rejects.toMatchObject(failed);
    await expect(alice.tasks.create.mutate({ title: '', ...input }, { context: { skipBatch } })).rejects.toMatchObject(
      failed,
    );
  }
});
