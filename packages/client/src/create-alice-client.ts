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

/** All procedures of the server, such as `alice.tasks.list.query({ limit: 50 })`, and what is built on them. */
export type AliceClient = TRPCClient<AppRouter> & {
  /** Live changes. */
  readonly live: Live;
  readonly sync: {
    /** A local copy of all data of the user, kept up to date. */
    keep(options?: KeepOptions): LocalCopy;
  };
};

export interface AliceClientOptions extends Hooks {
  /** The URL of the server: `https://alice.example.com`. In a browser, `''` is the page's own origin. */
  readonly url: string;
  /** Where the tokens are stored. Default: in memory. */
  readonly tokens?: TokenStore | undefined;
  /**
   * `cookie`, for web pages: the refresh token is in an HttpOnly cookie, and the access token in memory; `tokens` is
   * ignored. The user is still signed in after a reload.
   */
  readonly session?: 'tokens' | 'cookie' | undefined;
  /**
   * Authenticates every call with this API key, `alice_…`, instead of a session. Not for web pages: everyone who can
   * read the page can read the key.
   */
  readonly apiKey?: string | undefined;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The timeout of each attempt, in milliseconds. Default: 15,000. */
  readonly timeoutMs?: number | undefined;
  /** Headers of every request. In a browser, only those that the server's CORS rules allow. */
  readonly headers?: HeaderSource | undefined;
  /** The maximum number of retries, where they are safe. Default: 3. */
  readonly retries?: number | undefined;
}

/**
 * A refresh whose response was lost is sent again: for 10 s the server returns the same successor for a used refresh
 * token, and after that it revokes the session. Two attempts of this length fit in.
 */
const refreshTimeoutMs = 4_500;

/**
 * A client for all procedures of ALICE. A failed call rejects with an `AliceError`. Options of a call: `{ signal }`
 * cancels it, `{ context: { skipBatch: true } }` sends it in its own request, and `{ context: { idempotencyKey } }`
 * makes a mutation a retry of an earlier one with that key.
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
  // Nothing is known about a cookie session before the server is asked.
  const held = async () => (await tokens.get())?.accessToken || session.accessToken().catch(() => undefined);
  const person = async () => personOf(await held());
  const keep = (choice: KeepOptions = {}) => keepCopy({ sync, person }, choice);
  return withMembers(trpc, { live, sync: withMembers(sync, { keep }) });
}
