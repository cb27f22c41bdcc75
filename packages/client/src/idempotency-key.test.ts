import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { startAccount } from '../test/account.ts';
import { type PeerReply, startPeer } from '../test/peer.ts';
import { startPlanner } from '../test/planner.ts';
import { createAliceClient } from './index.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const done: PeerReply = { data: { id: '1' } };
const hurry = () => vi.spyOn(Math, 'random').mockReturnValue(0);

/** Answers in turn; the last answer stays. */
async function peerWith(...replies: PeerReply[]) {
  const peer = await startPeer(() => (replies.length > 1 ? replies.shift() : replies[0]) ?? done);
  return {
    peer,
    alice: createAliceClient({ url: peer.url }),
    keys: () => peer.calls.map((call) => call.idempotencyKey),
  };
}

test('each mutation has its own key, in the order of the calls of a batch; a query has none', async () => {
  const { peer, alice } = await peerWith(done);
  await Promise.all([
    ...['a', 'b', 'c'].map((title) => alice.tasks.create.mutate({ title })),
    alice.tasks.get.query({ id: '1' }),
  ]);
  const mutations = peer.calls.filter(({ type }) => type === 'mutation');
  const keys = mutations.map(({ idempotencyKey }) => idempotencyKey);
  expect(mutations.map(({ size }) => size)).toEqual([3, 3, 3]);
  expect(mutations[0]?.headers['idempotency-key']).toBe(keys.join(', '));
  expect(new Set(keys).size).toBe(3);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  expect(peer.calls.find(({ type }) => type === 'query')?.headers).not.toHaveProperty('idempotency-key');
});

test.each<[string, PeerReply]>([
  ['a lost reply', 'hang up'],
  ['429', { code: 'TOO_MANY_REQUESTS', status: 429 }],
  ['502', { code: 'UNAVAILABLE', status: 502 }],
  ['503', { code: 'UNAVAILABLE', status: 503 }],
  ['504', { code: 'UNAVAILABLE', status: 504 }],
  ['an attempt that is still running', { code: 'IDEMPOTENCY_KEY_IN_USE', status: 409, retryAfterSeconds: 0 }],
])('after %s a mutation is repeated with the same key', async (_, failure) => {
  hurry();
  const { alice, keys } = await peerWith(failure, failure, done);
  await alice.tasks.create.mutate({ title: 'a' });
  expect(keys()).toHaveLength(3);
  expect(new Set(keys()).size).toBe(1);
});

test('a mutation is repeated with the same key when its response takes too long', async () => {
  hurry();
  let calls = 0;
  const peer = await startPeer(() => {
    calls += 1;
    return calls === 1 ? new Promise<never>(() => {}) : done;
  });
  await createAliceClient({ url: peer.url, timeoutMs: 100 }).tasks.create.mutate({ title: 'a' });
  expect(peer.calls.map((call) => call.idempotencyKey)).toEqual(Array(2).fill(peer.calls[0]?.idempotencyKey));
});

test.each([400, 404, 409, 412, 422, 500])('a mutation that gets %i is not repeated', async (status) => {
  const { alice, keys } = await peerWith({ code: 'IDEMPOTENCY_KEY_REUSED', status });
  await expect(alice.tasks.create.mutate({ title: 'a' })).rejects.toMatchObject({ status });
  expect(keys()).toHaveLength(1);
});

test('a key in use is retried after the time that the server asks for', async () => {
  const { alice } = await peerWith({ code: 'IDEMPOTENCY_KEY_IN_USE', status: 409, retryAfterSeconds: 1 }, done);
  const begin = performance.now();
  await alice.tasks.create.mutate({ title: 'a' });
  expect(performance.now() - begin).toBeGreaterThanOrEqual(1000);
});

test('the key stays the same after a session refresh', async () => {
  const account = await startAccount();
  const alice = createAliceClient({ url: account.url });
  await alice.auth.login.mutate({ email: 'a@example.com', password: 'correct horse battery staple' });
  account.expireAccess();
  await alice.tasks.create.mutate({ title: 'a' });
  const [refused, repeated, ...more] = account.calls.filter(({ path }) => path === 'tasks.create');
  expect(refused?.idempotencyKey).toBeDefined();
  expect(repeated?.idempotencyKey).toBe(refused?.idempotencyKey);
  expect(repeated?.bearer).not.toBe(refused?.bearer);
  expect(more).toEqual([]);
});

test('sign-ins have keys; a refresh has none and is repeated only by its own policy', async () => {
  hurry();
  const account = await startAccount();
  const alice = createAliceClient({ url: account.url });
  await alice.auth.register.mutate({ email: 'a@example.com', password: 'correct horse battery staple', name: 'A' });
  const refreshToken = account.tokens?.refreshToken ?? '';
  account.refreshFailures.push('hang up');
  await expect(alice.auth.refresh.mutate({ refreshToken })).rejects.toMatchObject({ code: 'NETWORK' });
  account.expireAccess();
  await alice.tasks.list.query({});
  expect(account.calls.map(({ path, idempotencyKey }) => [path, idempotencyKey === undefined])).toEqual([
    ['auth.register', false],
    ['auth.refresh', true],
    ['tasks.list', true],
    ['auth.refresh', true],
    ['tasks.list', true],
  ]);
});

test('a key from the caller makes two calls one, even concurrent ones', async () => {
  const planner = await startPlanner();
  const alice = createAliceClient({ url: planner.url });
  await alice.auth.login.mutate({ email: 'a@example.com', password: 'correct horse battery staple' });
  const own = { context: { idempotencyKey: 'import-42' } };
  const [first, second] = await Promise.all([1, 2].map(() => alice.tasks.create.mutate({ title: 'a' }, own)));
  const other = await alice.tasks.create.mutate({ title: 'a' });
  expect(second?.id).toBe(first?.id);
  expect(other.id).not.toBe(first?.id);
  expect(planner.rows('task')).toHaveLength(2);
  // The server wants the keys of a batch to differ.
  expect(planner.calls.filter(({ path }) => path === 'tasks.create').map(({ size }) => size)).toEqual([1, 1, 1]);
});

test('without a key a mutation is not batched and carries none', async () => {
  const { peer, alice } = await peerWith(done);
  await Promise.all([
    alice.tasks.create.mutate({ title: 'a' }, { context: { idempotencyKey: null } }),
    alice.tasks.create.mutate({ title: 'b' }),
    alice.tasks.create.mutate({ title: 'c' }),
  ]);
  const [a, b, c] = ['a', 'b', 'c'].map((title) => peer.calls.find(({ input }) => Object(input).title === title));
  expect([a?.size, b?.size, c?.size]).toEqual([1, 2, 2]);
  expect([a, b, c].map((call) => call?.idempotencyKey === undefined)).toEqual([true, false, false]);
});

test('a valid key is sent unchanged; an invalid one is refused before sending', async () => {
  const { peer, alice } = await peerWith(done);
  const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
  const key = fc.string({ unit: visible.filter((character) => character !== ','), minLength: 1, maxLength: 255 });
  await fc.assert(
    fc.asyncProperty(key, async (idempotencyKey) => {
      await alice.tasks.create.mutate({ title: 'a' }, { context: { idempotencyKey } });
      expect(peer.calls.at(-1)?.headers['idempotency-key']).toBe(idempotencyKey);
    }),
    { numRuns: 30 },
  );
  const sent = peer.calls.length;
  for (const idempotencyKey of ['', 'a,b', 'a b', 'ä', 'a\n', 'x'.repeat(256), 7, {}]) {
    await expect(alice.tasks.create.mutate({ title: 'a' }, { context: { idempotencyKey } })).rejects.toMatchObject({
      name: 'AliceError',
      code: 'VALIDATION_FAILED',
      errors: [{ path: 'Idempotency-Key' }],
    });
  }
  expect(peer.calls).toHaveLength(sent);
});

test('keys are generated without randomUUID, too', async () => {
  const { getRandomValues } = crypto;
  vi.stubGlobal('crypto', { getRandomValues: getRandomValues.bind(crypto) });
  const { alice, keys } = await peerWith(done);
  await Promise.all(['a', 'b'].map((title) => alice.tasks.create.mutate({ title })));
  expect(keys()).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect(new Set(keys()).size).toBe(2);
});
