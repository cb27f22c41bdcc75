import type { AppRouter } from '@alice/api/types';
import { createTRPCClientProxy, type TRPCClient } from '@trpc/client';
import type { Send } from './call.ts';
import { createLinks, type HeaderSource } from './create-links.ts';
import { LayeredClient } from './layered-client.ts';
import { memoryTokenStore } from './memory-token-store.ts';
import { createSession } from './session.ts';
import type { TokenStore } from './token-store.ts';
import { withDeadline } from './with-deadline.ts';
import { isPassing, isSafeToRepeat, withRetries } from './with-retries.ts';
import { tokensOf, withSession } from './with-session.ts';

/** Every procedure of the server: `alice.tasks.list.query({ limit: 50 })`. */
export type AliceClient = TRPCClient<AppRouter>;

export interface AliceClientOptions {
  /** Where the server is: `https://alice.example.com`. In a browser, `''` is the page's own origin. */
  readonly url: string;
  /** Where the session is kept. Unless told, in memory. */
  readonly tokens?: TokenStore | undefined;
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
 * Per call: `{ signal }` cancels it, `{ context: { skipBatch: true } }` gives it a request of its own.
 */
export function createAliceClient(options: AliceClientOptions): AliceClient {
  const { url, tokens = memoryTokenStore(), fetch, timeoutMs = 15_000, headers = {}, retries = 3 } = options;

  function layer(wire: Send): Send {
    const refresh = withRetries(withDeadline(wire, Math.min(timeoutMs, refreshTimeoutMs)), {
      retries: 1,
      mayRetry: (_, error) => isPassing(error),
    });
    const session = createSession({
      store: tokens,
      lock: `alice ${url}`,
      exchange: async (refreshToken) =>
        tokensOf(
          await refresh({
            type: 'mutation',
            path: 'auth.refresh',
            input: { refreshToken },
            context: {},
            signal: undefined,
          }),
        ),
    });
    return withRetries(withSession(withDeadline(wire, timeoutMs), session), { retries, mayRetry: isSafeToRepeat });
  }

  return createTRPCClientProxy<AppRouter>(new LayeredClient(createLinks({ url, fetch, headers }), layer));
}
