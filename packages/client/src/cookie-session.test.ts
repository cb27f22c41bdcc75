import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { startAccount } from '../test/account.ts';
import { startPeer } from '../test/peer.ts';
import { type AliceClient, createAliceClient, memoryTokenStore, needsSecondFactor } from './index.ts';

const credentials = { email: 'a@example.com', password: 'correct horse battery staple' };
const list = (alice: AliceClient) => alice.tasks.list.query({});

describe('a session in a cookie', () => {
  const page = ({ url }: { url: string }) => createAliceClient({ url, session: 'cookie' });

  test('requests the cookie mode in every call, and sends cookies', async () => {
    const account = await startAccount();
    const inits: (RequestInit | undefined)[] = [];
    const alice = createAliceClient({
      url: account.url,
      session: 'cookie',
      headers: { 'x-tenant': 'north' },
      fetch: (input, init) => {
        inits.push(init);
        return fetch(input, init);
      },
    });
    await alice.auth.login.mutate(credentials);
    await list(alice);
    expect(inits.map((init) => init?.credentials)).toEqual(['include', 'include']);
    for (const { headers } of account.calls) {
      expect(headers).toMatchObject({ 'x-alice-session': 'cookie', 'x-tenant': 'north' });
    }
  });

  test('refreshes once after a page reload and is still signed in', async () => {
    const account = await startAccount();
    await page(account).auth.login.mutate(credentials);
    const reloaded = page(account);
    await Promise.all([list(reloaded), reloaded.goals.list.query({}), list(reloaded)]);
    expect(account.refreshes).toBe(1);
    // With nothing in the body: the cookie says it all.
    expect(account.calls.find(({ path }) => path === 'auth.refresh')).toMatchObject({ input: {}, size: 1 });
    await list(reloaded);
    expect(account.refreshes).toBe(1);
  });

  test('refreshes once on a page without a session, and public calls work', async () => {
    const account = await startAccount();
    const alice = page(account);
    await alice.auth.refresh.mutate({}).catch(() => undefined);
    expect(account.refreshes).toBe(1);
    await expect(list(alice)).rejects.toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
    await expect(list(alice)).rejects.toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
    expect(account.refreshes).toBe(2);
    await alice.auth.login.mutate(credentials);
    await list(alice);
    expect(account.refreshes).toBe(2);
  });

  test('refreshes again after the first refresh failed with a network error', async () => {
    const account = await startAccount();
    await page(account).auth.login.mutate(credentials);
    const reloaded = createAliceClient({ url: account.url, session: 'cookie', retries: 0 });
    account.refreshFailures.push('hang up', 'hang up');
    await expect(list(reloaded)).rejects.toMatchObject({ code: 'NETWORK' });
    await list(reloaded);
  });

  test('refreshes an expired access token once for all calls', async () => {
    const account = await startAccount({ refreshTakesMs: 30 });
    const alice = page(account);
    await alice.auth.login.mutate(credentials);
    account.expireAccess();
    await Promise.all(Array.from({ length: 50 }, () => list(alice)));
    expect(account.refreshes).toBe(1);
    account.expireAccess();
    await list(alice);
    expect(account.refreshes).toBe(2);
  });

  test('sends no refresh after logout', async () => {
    const account = await startAccount();
    const alice = page(account);
    await alice.auth.login.mutate(credentials);
    await alice.auth.logout.mutate();
    await expect(list(alice)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(account.refreshes).toBe(0);
    expect(account.cookie).toBeNull();
  });

  test('uses a session that another tab started, after an explicit refresh', async () => {
    const account = await startAccount();
    const [here, there] = [page(account), page(account)];
    await expect(list(here)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await there.auth.login.mutate(credentials);
    await here.auth.refresh.mutate({});
    await list(here);
  });

  test('keeps both tabs signed in when they refresh at the same moment', async () => {
    const account = await startAccount();
    let isRenewed = false;
    // Its call with the new token arrives after the other tab has renewed the session once more.
    const here = createAliceClient({
      url: account.url,
      session: 'cookie',
      fetch: async (input, init) => {
        if (isRenewed) await sleep(100);
        isRenewed = String(input).includes('auth.refresh');
        return fetch(input, init);
      },
    });
    const there = page(account);
    await here.auth.login.mutate(credentials);
    await list(there);
    account.expireAccess();
    await Promise.all([list(here), list(there)]);
  });

  test('never gives the refresh token to the page', async () => {
    const account = await startAccount();
    const set = vi.fn();
    const tokens = { ...memoryTokenStore(), set };
    const alice = createAliceClient({ url: account.url, session: 'cookie', tokens });
    const signedIn = await alice.auth.login.mutate(credentials);
    expect(signedIn.tokens.refreshToken).toBeNull();
    expect(set).not.toHaveBeenCalled();
  });

  test('lets a local copy know its user', async () => {
    const account = await startAccount({ person: () => 'person-1', answer: () => ({ data: {} }) });
    await page(account).auth.login.mutate(credentials);
    const load = vi.fn(async () => null);
    const copy = page(account).sync.keep({ store: { load, save: async () => {} }, onError: () => {} });
    await vi.waitFor(() => expect(load).toHaveBeenCalled());
    expect(account.refreshes).toBe(1);
    copy.stop();
  });
});

describe('an API key', () => {
  const apiKey = 'alice_Zm9vYmFy';

  test('is sent with every call, without refresh or storage', async () => {
    const peer = await startPeer(() => ({ data: { items: [], nextCursor: null } }));
    const set = vi.fn();
    const alice = createAliceClient({ url: peer.url, apiKey, tokens: { ...memoryTokenStore(), set } });
    await list(alice);
    await alice.tasks.create.mutate({ title: 'a' });
    expect(peer.calls.map(({ path, bearer }) => [path, bearer])).toEqual([
      ['tasks.list', apiKey],
      ['tasks.create', apiKey],
    ]);
    expect(set).not.toHaveBeenCalled();
  });

  test.each(['UNAUTHENTICATED', 'INSUFFICIENT_SCOPE'])('is not refreshed after %s', async (code) => {
    const peer = await startPeer(() => ({ code, status: code === 'UNAUTHENTICATED' ? 401 : 403 }));
    const alice = createAliceClient({ url: peer.url, apiKey, session: 'cookie' });
    await expect(list(alice)).rejects.toMatchObject({ name: 'AliceError', code });
    expect(peer.paths()).toEqual(['tasks.list']);
    expect(peer.calls[0]?.headers['x-alice-session']).toBeUndefined();
  });

  test('is also sent with streams', async () => {
    const bearer = Promise.withResolvers<string | undefined>();
    const peer = await startPeer(
      () => ({ data: {} }),
      undefined,
      (stream) => {
        bearer.resolve(stream.call.bearer);
        stream.connect(1);
      },
    );
    const off = createAliceClient({ url: peer.url, apiKey }).live.on('change', () => {});
    expect(await bearer.promise).toBe(apiKey);
    off();
  });
});

describe('a second factor', () => {
  test('is requested by an error that says how to continue', async () => {
    const details = { ticket: 'ticket-1', methods: ['totp', 'recoveryCode'] };
    const peer = await startPeer(() => ({ code: 'SECOND_FACTOR_REQUIRED', status: 401, details }));
    const alice = createAliceClient({ url: peer.url });
    const error: unknown = await alice.auth.login.mutate(credentials).catch((reason: unknown) => reason);
    expect(needsSecondFactor(error) && error.details.ticket).toBe('ticket-1');
    expect(needsSecondFactor(error) && error.details.methods).toEqual(['totp', 'recoveryCode']);
    expect(needsSecondFactor(new Error('other'))).toBe(false);
  });
});
