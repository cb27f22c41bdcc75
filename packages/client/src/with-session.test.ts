import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startAccount } from '../test/account.ts';
import type { PeerReply } from '../test/peer.ts';
import { type AliceClient, createAliceClient, memoryTokenStore, type TokenStore } from './index.ts';

// Node has Web Locks; each test here holds without them as well.
const withLocks = (has: boolean) => vi.stubGlobal('navigator', has ? navigator : {});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const credentials = { email: 'a@example.com', password: 'correct horse battery staple' };

function clientOf({ url }: { url: string }, tokens: TokenStore = memoryTokenStore()) {
  return { alice: createAliceClient({ url, tokens }), tokens };
}

const list = (alice: AliceClient) => alice.tasks.list.query({});

describe.each([
  ['with Web Locks', true],
  ['without', false],
])('%s', (_, has) => {
  beforeEach(() => withLocks(has));

  test('calls after a login are authenticated, until the logout', async () => {
    const account = await startAccount();
    const { alice, tokens } = clientOf(account);
    await expect(list(alice)).rejects.toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
    await alice.auth.login.mutate(credentials);
    expect(await tokens.get()).toEqual(account.tokens);
    await list(alice);
    await alice.auth.logout.mutate();
    expect(await tokens.get()).toBeNull();
    expect(account.refreshes).toBe(0);
  });

  test('50 calls that are refused at once share one refresh and all succeed', async () => {
    const account = await startAccount({ refreshTakesMs: 30 });
    const { alice, tokens } = clientOf(account);
    await alice.auth.register.mutate({ ...credentials, name: 'A' });
    account.expireAccess();
    await Promise.all(Array.from({ length: 50 }, () => list(alice)));
    expect(account.refreshes).toBe(1);
    expect(await tokens.get()).toEqual(account.tokens);
    await list(alice);
    expect(account.refreshes).toBe(1);
  });

  test('50 calls shortly before the token expires share one refresh before they are sent', async () => {
    const account = await startAccount({ lifetimeSeconds: 1, refreshTakesMs: 30 });
    const { alice } = clientOf(account);
    await alice.auth.login.mutate(credentials);
    await new Promise((resolve) => setTimeout(resolve, 800));
    await Promise.all(Array.from({ length: 50 }, () => list(alice)));
    expect(account.refreshes).toBe(1);
    // None was refused: each of the 50 arrived once.
    expect(account.paths().filter((path) => path === 'tasks.list')).toHaveLength(50);
  });

  test('calls that start during a refresh wait for it', async () => {
    const account = await startAccount({ refreshTakesMs: 60 });
    const { alice } = clientOf(account);
    await alice.auth.login.mutate(credentials);
    account.expireAccess();
    const waves = Array.from({ length: 10 }, async (_unused, wave) => {
      await new Promise((resolve) => setTimeout(resolve, wave * 10));
      await Promise.all([list(alice), alice.goals.list.query({}), alice.tasks.create.mutate({ title: 'a' })]);
    });
    await Promise.all(waves);
    expect(account.refreshes).toBe(1);
  });

  test('an ended session clears the store, every call gets the typed error, and nothing loops', async () => {
    const account = await startAccount();
    const { alice, tokens } = clientOf(account);
    await alice.auth.login.mutate(credentials);
    account.tokens = null;
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => list(alice)));
    expect(results.every((result) => result.status === 'rejected' && result.reason.code === 'UNAUTHENTICATED')).toBe(
      true,
    );
    expect(account.refreshes).toBe(1);
    expect(await tokens.get()).toBeNull();
  });

  test.each(['server', 'client'])('a %s clock that is wrong by 10 hours has no effect', async (whose) => {
    for (const hours of [-10, 10]) {
      const account = await startAccount(whose === 'server' ? { clockOffsetMs: hours * 3_600_000 } : {});
      const { alice } = clientOf(account);
      await alice.auth.login.mutate(credentials);
      if (whose === 'client') vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * 3_600_000 });
      for (let call = 0; call < 5; call += 1) await list(alice);
      expect(account.refreshes).toBe(0);
      account.expireAccess();
      await list(alice);
      expect(account.refreshes).toBe(1);
      vi.useRealTimers();
    }
  });

  test('a session that another tab has refreshed is used, without another refresh', async () => {
    const account = await startAccount();
    const tokens = memoryTokenStore();
    const here = clientOf(account, tokens).alice;
    const there = clientOf(account, tokens).alice;
    await here.auth.login.mutate(credentials);
    account.expireAccess();
    await list(there);
    await list(here);
    expect(account.refreshes).toBe(1);
  });
});

test('two clients with one store that are refused at the same moment refresh once', async () => {
  const account = await startAccount({ refreshTakesMs: 30 });
  const tokens = memoryTokenStore();
  const here = clientOf(account, tokens).alice;
  const there = clientOf(account, tokens).alice;
  await here.auth.login.mutate(credentials);
  account.expireAccess();
  await Promise.all([
    ...Array.from({ length: 25 }, () => list(here)),
    ...Array.from({ length: 25 }, () => list(there)),
  ]);
  expect(account.refreshes).toBe(1);
});

test('a refresh whose response is lost is repeated at once, while the server still returns the same successor', async () => {
  const account = await startAccount();
  const { alice, tokens } = clientOf(account);
  await alice.auth.login.mutate(credentials);
  account.expireAccess();
  account.refreshFailures.push('hang up');
  await alice.tasks.create.mutate({ title: 'a' });
  expect(account.refreshes).toBe(2);
  expect(await tokens.get()).toEqual(account.tokens);
});

test.each<[string, PeerReply[], string]>([
  ['is lost twice', ['hang up', 'hang up'], 'NETWORK'],
  ['gets a server error', [{ code: 'INTERNAL', status: 500 }], 'INTERNAL'],
  ['is rate-limited', [{ code: 'TOO_MANY_REQUESTS', status: 429, retryAfterSeconds: 60 }], 'TOO_MANY_REQUESTS'],
])('a refresh that %s does not sign out: the call fails, the next one succeeds', async (_, failures, code) => {
  const account = await startAccount();
  const { alice, tokens } = clientOf(account);
  await alice.auth.login.mutate(credentials);
  account.expireAccess();
  account.refreshFailures.push(...failures);
  await expect(alice.tasks.create.mutate({ title: 'a' }, { context: { idempotencyKey: null } })).rejects.toMatchObject({
    name: 'AliceError',
    code,
  });
  expect(await tokens.get()).toEqual(account.tokens);
  await alice.tasks.create.mutate({ title: 'a' });
});

test('a query succeeds after temporary refresh failures', async () => {
  const account = await startAccount();
  const { alice } = clientOf(account);
  await alice.auth.login.mutate(credentials);
  account.expireAccess();
  account.refreshFailures.push('hang up', 'hang up', 'hang up');
  await list(alice);
});

test('a call that is refused again after the refresh fails, without a third attempt', async () => {
  const account = await startAccount();
  const { alice } = clientOf(account);
  await alice.auth.login.mutate(credentials);
  const { expireAccess } = account;
  expireAccess();
  const original = account.tokens;
  const timer = setInterval(expireAccess, 1);
  await expect(list(alice)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  clearInterval(timer);
  expect(account.tokens).not.toEqual(original);
  expect(account.paths().filter((path) => path === 'tasks.list')).toHaveLength(2);
  expect(account.refreshes).toBe(1);
});

test('wrong credentials cause no refresh', async () => {
  const account = await startAccount();
  const { alice } = clientOf(account);
  await alice.auth.login.mutate(credentials);
  await expect(alice.auth.refresh.mutate({ refreshToken: 'stolen' })).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
  expect(account.refreshes).toBe(1);
});

test('a logout with an expired token still ends the session on the server', async () => {
  const account = await startAccount();
  const { alice, tokens } = clientOf(account);
  await alice.auth.login.mutate(credentials);
  account.expireAccess();
  await alice.auth.logout.mutate();
  expect(account.tokens).toBeNull();
  expect(await tokens.get()).toBeNull();
});

test('a logout from an ended session leaves nobody signed in', async () => {
  const account = await startAccount();
  const { alice, tokens } = clientOf(account);
  await alice.auth.login.mutate(credentials);
  account.tokens = null;
  await expect(alice.auth.logout.mutate()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await tokens.get()).toBeNull();
});

// The refreshes below take longer than what happens meanwhile, however slow the machine.
test('a logout during a refresh stays in effect', async () => {
  const account = await startAccount({ refreshTakesMs: 1000 });
  const { alice, tokens } = clientOf(account);
  await alice.auth.login.mutate(credentials);
  account.expireAccess();
  const call = list(alice);
  await vi.waitFor(() => expect(account.refreshes).toBe(1));
  await tokens.clear();
  await expect(call).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await tokens.get()).toBeNull();
});

test('when a refresh is refused because another tab refreshed first, its session is used', async () => {
  withLocks(false);
  const account = await startAccount({ refreshTakesMs: 1000 });
  const { alice, tokens } = clientOf(account);
  await alice.auth.login.mutate(credentials);
  account.expireAccess();
  const call = list(alice);
  await vi.waitFor(() => expect(account.refreshes).toBe(1));
  await clientOf(account, tokens).alice.auth.login.mutate(credentials);
  await call;
  expect(await tokens.get()).toEqual(account.tokens);
});

test('a caller can cancel a call that waits for a refresh, which continues for the others', async () => {
  const account = await startAccount({ refreshTakesMs: 100 });
  const { alice } = clientOf(account);
  await alice.auth.login.mutate(credentials);
  account.expireAccess();
  const controller = new AbortController();
  const cancelled = alice.tasks.list.query({}, { signal: controller.signal });
  const kept = list(alice);
  await vi.waitFor(() => expect(account.refreshes).toBe(1));
  controller.abort();
  await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
  await kept;
  expect(account.refreshes).toBe(1);
});

test('a slow custom store works', async () => {
  const account = await startAccount();
  const inner = memoryTokenStore();
  const later = () => new Promise((resolve) => setTimeout(resolve, 5));
  const { alice } = clientOf(account, {
    get: async () => {
      await later();
      return inner.get();
    },
    set: async (tokens) => {
      await later();
      await inner.set(tokens);
    },
    clear: async () => {
      await later();
      await inner.clear();
    },
  });
  await alice.auth.login.mutate(credentials);
  account.expireAccess();
  await Promise.all(Array.from({ length: 30 }, () => list(alice)));
  expect(account.refreshes).toBe(1);
});
