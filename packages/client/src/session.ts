import { isUnauthenticated } from './alice-error.ts';
import { exclusively } from './exclusively.ts';
import { toAliceError } from './to-alice-error.ts';
import type { TokenStore, Tokens } from './token-store.ts';
import { createTokenTimer } from './token-timer.ts';

/** The session of one client: what its calls are signed with. */
export interface Session {
  /** The token to sign a call with, renewed first if it is about to end; undefined when nobody is signed in. */
  accessToken(): Promise<string | undefined>;
  /**
   * The token that follows one that the server refused: what the store holds by now, or else a refresh, one for all who
   * wait. Undefined when nobody is signed in. Rejects as the refresh does; if the session has ended the store is empty then.
   */
  renew(refused: string | undefined): Promise<string | undefined>;
  start(tokens: Tokens): Promise<void>;
  end(): Promise<void>;
}

export interface SessionOptions {
  readonly store: TokenStore;
  /** What tabs that share the session share: the name of their lock. */
  readonly lock: string;
  /** Asks the server for the successor of a refresh token. */
  readonly exchange: (refreshToken: string) => Promise<Tokens>;
}

/**
 * What a store holds whose refresh token is the browser's to keep, before the server was asked whether somebody is
 * signed in. Afterwards it holds the access token alone, or null.
 */
export const unknownTokens: Tokens = { accessToken: '', refreshToken: '' };

/** Signs every call with a key that lasts: nothing to renew, nothing to keep. */
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
  /** Renewals under way, by the access token that they replace. */
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
    // Nobody is signed in any more, or somebody else has renewed the session in the meantime.
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
    // Who signed out, or in as somebody else, while we asked must not find the old session again.
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
      // That the session has ended is the server's to say, to those calls that need one.
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
