import type { AppRouter } from '@alice/api/types';
import { createTRPCClientProxy, type TRPCClient } from '@trpc/client';
import { personOf } from './claims.ts';
import { createLinks, type HeaderSource } from './create-links.ts';
import { withIdempotencyKey } from './idempotency-key.ts';
import { type KeepOptions, keepCopy, type LocalCopy } from './keep-copy.ts';
import { createWire, LayeredClient } from './layered-client.ts';
import { createLive, type Live } from './live.ts';
import { memoryTokenStore } from './memory-token-store.ts';
import { createSession, keySession, unknownTokens } from './session.ts';
import { subscriptionLink } from './subscription-link.ts';
import type { TokenStore, Tokens } from './token-store.ts';
import { withCookies } from './with-cookies.ts';
import { withDeadline } from './with-deadline.ts';
import { type Hooks, withHooks } from './with-hooks.ts';
import { withMembers } from './with-members.ts';
import { isPassing, isSafeToRepeat, withRetries } from './with-retries.ts';
import { tokensOf, withSession } from './with-session.ts';

/** Every procedure of the server, `alice.tasks.list.query({ limit: 50 })`, and what is built on them. */
export type AliceClient = TRPCClient<AppRouter> & {
  /** Changes as they happen. */
  readonly live: Live;
  readonly sync: {
    /** A copy of everything that the person has, kept up to date. */
    keep(options?: KeepOptions): LocalCopy;
  };
};

export interface AliceClientOptions extends Hooks {
  /** Where the server is: `https://alice.example.com`. In a browser, `''` is the page's own origin. */
  readonly url: string;
  /** Where the session is kept. Unless told, in memory. */
  readonly tokens?: TokenStore | undefined;
  /**
   * `cookie`, for web pages: the browser keeps the refresh token in a cookie that no script can read, and this client the
   * access token in memory; `tokens` counts for nothing. A page that is loaded again is still signed in.
   */
  readonly session?: 'tokens' | 'cookie' | undefined;
  /** Signs every call with this API key, `alice_…`, in place of a session. Not for web pages: whoever reads them has it. */
  readonly apiKey?: string | undefined;
  /** In place of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** How long an attempt of a call may take, in milliseconds. Unless told, 15,000. */
  readonly timeoutMs?: number | undefined;
  /** Sent with each request. A browser lets only those through that the server's CORS rules name. */
  readonly headers?: HeaderSource | undefined;
  /** How often a call is tried again at most, where that is safe. Unless told, 3. */
  readonly retries?: number | undefined;
}

/**
 * A refresh whose reply was lost is sent again: for 10 s the server answers a used refresh token with the same
 * successor, and ends the session after that. Two attempts of this length fit in.
 */
const refreshTimeoutMs = 4_500;

/**
 * A client for every procedure of ALICE. A call rejects with an `AliceError`, whatever went wrong.
 * Per call: `{ signal }` cancels it, `{ context: { skipBatch: true } }` gives it a request of its own, and
 * `{ context: { idempotencyKey } }` makes a mutation one with an earlier one of that key.
 */
export function createAliceClient(options: AliceClientOptions): AliceClient {
  const { url, timeoutMs = 15_000, headers = {}, retries = 3, apiKey } = options;
  const inCookie = options.session === 'cookie' && apiKey === undefined;
  const tokens = inCookie ? memoryTokenStore(unknownTokens) : (options.tokens ?? memoryTokenStore());
  const base = `${url.replace(/\/+$/, '')}/trpc`;
  const watched = withHooks(options.fetch, base, options);
  const http = { base, fetch: inCookie ? withCookies(watched) : watched, headers };
  const wire = createWire(createLinks(http));

  const refresh = withRetries(withDeadline(wire, Math.min(timeoutMs, refreshTimeoutMs)), {
    retries: 1,
    mayRetry: (_, error) => isPassing(error),
  });
  async function exchange(refreshToken: string): Promise<Tokens> {
    const input = inCookie ? {} : { refreshToken };
    const call = { type: 'mutation', path: 'auth.refresh', input, context: {} } as const;
    return tokensOf(await refresh({ ...call, signal: undefined }));
  }
  const session =
    apiKey === undefined ? createSession({ store: tokens, lock: `alice ${url}`, exchange }) : keySession(apiKey);
  const signed = withSession(withDeadline(wire, timeoutMs), session, () => live.restart());
  const send = withIdempotencyKey(withRetries(signed, { retries, mayRetry: isSafeToRepeat }));

  const client = new LayeredClient(send, subscriptionLink({ ...http, session, timeoutMs }));
  const trpc = createTRPCClientProxy<AppRouter>(client);
  const { sync } = trpc;
  const live = createLive(sync);
  // Of a session in a cookie nothing is known before it is asked for.
  const held = async () => (await tokens.get())?.accessToken || session.accessToken().catch(() => undefined);
  const person = async () => personOf(await held());
  const keep = (choice: KeepOptions = {}) => keepCopy({ sync, person }, choice);
  return withMembers(trpc, { live, sync: withMembers(sync, { keep }) });
}
