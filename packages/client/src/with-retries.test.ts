import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { type PeerReply, startPeer } from '../test/peer.ts';
import { createAliceClient } from './index.ts';
import { retryDelay } from './with-retries.ts';

afterEach(() => vi.restoreAllMocks());

const page: PeerReply = { data: { items: [], nextCursor: null } };
const busy = (retryAfterSeconds?: number): PeerReply => ({
  code: 'BUSY',
  status: 503,
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
});

/** Answers in turn; the last answer stays. */
async function peerWith(...replies: PeerReply[]) {
  let next = 0;
  const peer = await startPeer(() => {
    const reply = replies[Math.min(next, replies.length - 1)];
    next += 1;
    return reply ?? page;
  });
  return { peer, alice: createAliceClient({ url: peer.url }) };
}

/** As calls were before there were keys: a lost reply is not to be repeated. */
const keyless = { context: { idempotencyKey: null } };

/** Backoff takes no time: what is left is what the server asks for. */
const hurry = () => vi.spyOn(Math, 'random').mockReturnValue(0);

test.each([429, 502, 503, 504])('a query that gets %i is retried', async (status) => {
  hurry();
  const { peer, alice } = await peerWith({ code: 'UNAVAILABLE', status }, page);
  await expect(alice.tasks.list.query({})).resolves.toEqual({ items: [], nextCursor: null });
  expect(peer.calls).toHaveLength(2);
});

test.each([400, 403, 404, 409, 412, 500])('a query that gets %i is not retried', async (status) => {
  const { peer, alice } = await peerWith({ code: 'INTERNAL', status });
  await expect(alice.tasks.list.query({})).rejects.toMatchObject({ status });
  expect(peer.calls).toHaveLength(1);
});

test('a query has at most four attempts', async () => {
  hurry();
  const { peer, alice } = await peerWith(busy());
  await expect(alice.tasks.list.query({})).rejects.toMatchObject({ code: 'BUSY' });
  expect(peer.calls).toHaveLength(4);
});

test('a query is retried when the connection breaks and when the response takes too long', async () => {
  hurry();
  const peer = await startPeer(
    () => page,
    (request, response) => {
      if (request === 1) response.destroy();
      return request <= 2;
    },
  );
  const alice = createAliceClient({ url: peer.url, timeoutMs: 100 });
  await expect(alice.tasks.list.query({})).resolves.toEqual({ items: [], nextCursor: null });
  expect(peer.calls[0]?.request).toBe(3);
});

test('a mutation without a key is retried if it was not executed, and not before the given time', async () => {
  const { peer, alice } = await peerWith(busy(1), page);
  const begin = performance.now();
  await alice.tasks.create.mutate({ title: 'a' }, keyless);
  expect(performance.now() - begin).toBeGreaterThanOrEqual(1000);
  expect(peer.calls).toHaveLength(2);
});

test('the Retry-After of a proxy is respected, too', async () => {
  hurry();
  const peer = await startPeer(
    () => page,
    (request, response) => {
      if (request === 1) response.writeHead(429, { 'retry-after': '0' }).end('slow down');
      return request === 1;
    },
  );
  await createAliceClient({ url: peer.url }).tasks.create.mutate({ title: 'a' }, keyless);
  expect(peer.calls).toHaveLength(1);
});

test.each([
  ['503 without Retry-After', 503, 'UNAVAILABLE'],
  ['502', 502, 'UNAVAILABLE'],
  ['504', 504, 'UNAVAILABLE'],
  ['500', 500, 'INTERNAL'],
])('a mutation without a key that gets %s is not repeated: it may have been executed', async (_, status, code) => {
  const { peer, alice } = await peerWith({ code, status });
  await expect(alice.tasks.create.mutate({ title: 'a' }, keyless)).rejects.toMatchObject({ status });
  expect(peer.calls).toHaveLength(1);
});

test('a mutation without a key is not repeated when its response is lost', async () => {
  let requests = 0;
  const peer = await startPeer(
    () => page,
    (_, response) => {
      requests += 1;
      response.destroy();
      return true;
    },
  );
  await expect(createAliceClient({ url: peer.url }).tasks.create.mutate({ title: 'a' }, keyless)).rejects.toMatchObject(
    {
      code: 'NETWORK',
    },
  );
  expect(requests).toBe(1);
});

test('in a batch, the Retry-After of one call does not apply to another', async () => {
  // Both calls fail with 503, so the batch does, and a header on it would speak for both.
  const peer = await startPeer(({ path }) =>
    path === 'tasks.complete'
      ? { code: 'UNAVAILABLE', status: 503 }
      : { code: 'BUSY', status: 503, retryAfterSeconds: 7 },
  );
  const alice = createAliceClient({ url: peer.url, retries: 0 });
  const results = await Promise.allSettled([
    alice.tasks.complete.mutate({ id: '1' }),
    alice.tasks.create.mutate({ title: 'a' }),
  ]);
  expect(results).toMatchObject([{ reason: { retryAfterMs: undefined } }, { reason: { retryAfterMs: 7000 } }]);
  expect(peer.calls.map(({ size }) => size)).toEqual([2, 2]);
});

test('a call that must wait longer than half a minute fails at once', async () => {
  const { peer, alice } = await peerWith(busy(31));
  await expect(alice.tasks.list.query({})).rejects.toMatchObject({ code: 'BUSY', retryAfterMs: 31_000 });
  expect(peer.calls).toHaveLength(1);
});

test('the caller can cancel a call that waits for its next attempt', async () => {
  const { peer, alice } = await peerWith(busy(20));
  const begin = performance.now();
  const call = alice.tasks.list.query({}, { signal: AbortSignal.timeout(100) });
  await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(performance.now() - begin).toBeLessThan(1000);
  expect(peer.calls).toHaveLength(1);
});

test('retries can be disabled', async () => {
  const { peer } = await peerWith(busy(0));
  await expect(createAliceClient({ url: peer.url, retries: 0 }).tasks.list.query({})).rejects.toMatchObject({
    code: 'BUSY',
  });
  expect(peer.calls).toHaveLength(1);
});

test('the delay is never shorter than the server requires, and at most 4 s longer', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 50 }),
      fc.option(fc.nat({ max: 30_000 }), { nil: undefined }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, retryAfterMs, random) => {
        const delay = retryDelay(attempt, retryAfterMs, random);
        expect(delay).toBeGreaterThanOrEqual(retryAfterMs ?? 0);
        expect(delay).toBeLessThanOrEqual((retryAfterMs ?? 0) + Math.min(4_000, 250 * 2 ** attempt));
      },
    ),
  );
});
