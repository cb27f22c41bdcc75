import { isUnauthenticated } from './alice-error.ts';
import { exclusively } from './exclusively.ts';
import { toAliceError } from './to-alice-error.ts';
import type { TokenStore, Tokens } from './token-store.ts';
import { createTokenTimer } from './token-timer.ts';

/** The session of a client, which authenticates its calls. */
export interface Session {
  /** The access token for a call, refreshed first if it is about to expire; undefined if nobody is signed in. */
  accessToken(): Promise<string | undefined>;
  /**
   * The token to use after the server has rejected one: the one in the store by now, or the result of a refresh, which
   * all waiting calls share. Undefined if nobody is signed in. Rejects like the refresh; if the session has ended, the
   * store is then empty.
   */
  renew(refused: string | undefined): Promise<string | undefined>;
  start(tokens: Tokens): Promise<void>;
  end(): Promise<void>;
}

export interface SessionOptions {
  readonly store: TokenStore;
  /** The name of the lock for tabs that share the session. */
  readonly lock: string;
  /** Exchanges a refresh token for its successor. */
  readonly exchange: (refreshToken: string) => Promise<Tokens>;
}

/**
 * The initial state of the store in cookie mode: it is not known yet whether the user is signed in. Later it contains
 * only the access token, or null.
 */
export const unknownTokens: Tokens = { accessToken: '', refreshToken: '' };

/** Authenticates every call with an API key: nothing to refresh or store. */
export function keySession(apiKey: string): Session {
  return {
    accessToken: async () => apiKey,
    renew: async () => undefined,
    start: async () => {},
    end: async () => {},
  };
}

export function createSession({ store, lock, exchange }: SessionOptions): Session {
  const timer = createTokenTimer();
  /** Running refreshes, by the access token that they replace. */
  const renewals = new Map<string | undefined, Promise<string | undefined>>();

  async function start({ accessToken, refreshToken }: Tokens): Promise<void> {
    timer.isEnding(accessToken);
    await store.set({ accessToken, refreshToken });
  }

  function renew(refused: string | undefined): Promise<string | undefined> {
    const underWay = renewals.get(refused);
    if (underWay !== undefined) return underWay;
    const renewal = exclusively(lock, () => replace(refused)).finally(() => renewals.delete(refused));
    renewals.set(refused, renewal);
    return renewal;
  }

  async function replace(refused: string | undefined): Promise<string | undefined> {
    const held = await store.get();
    // The user has signed out, or another tab has refreshed the session in the meantime.
    if (held === null || held.accessToken !== refused) return held?.accessToken;
    let successor: Tokens;
    try {
      successor = await exchange(held.refreshToken);
    } catch (cause) {
      const error = toAliceError(cause);
      if (!isUnauthenticated(error)) throw error;
      const other = await changedSince(held);
      if (other !== 'same') return other?.accessToken;
      await store.clear();
      throw error;
    }
    // A user who signed out or switched accounts in the meantime must not get the old session back.
    const other = await changedSince(held);
    if (other !== 'same') return other?.accessToken;
    await start(successor);
    return successor.accessToken;
  }

  async function changedSince(held: Tokens): Promise<Tokens | null | 'same'> {
    const now = await store.get();
    return now?.accessToken === held.accessToken ? 'same' : now;
  }

  return {
    async accessToken() {
      const held = await store.get();
      if (held === null) return undefined;
      const { accessToken } = held;
      if (accessToken !== '' && !timer.isEnding(accessToken)) return accessToken;
      // Only a call that needs a session reports that it has ended.
      return renew(accessToken).catch((error) => {
        if (isUnauthenticated(error)) return undefined;
        throw error;
      });
    },
    renew,
    start,
    end: async () => store.clear(),
  };
}
