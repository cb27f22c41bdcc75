import { isTokens, type SyncTokenStore, type Tokens } from './token-store.ts';

/**
 * Keeps the session in `localStorage`, shared by all tabs of the origin; a sign-in or sign-out in one tab holds in the
 * others from their next call on. Where storage is missing, forbidden or full, the session lives as long as the page.
 * Any script of the page can read it: where that matters, keep the session elsewhere with a store of your own.
 */
export function localStorageTokenStore(key = 'alice.tokens'): SyncTokenStore {
  // What storage would not take. Whatever storage does hold was written later, by another tab, and goes first.
  let unsaved: Tokens | null = null;

  function read(): Tokens | null {
    try {
      const stored: unknown = JSON.parse(globalThis.localStorage.getItem(key) ?? 'null');
      return isTokens(stored) ? stored : null;
    } catch {
      return null;
    }
  }

  function remove(): void {
    try {
      globalThis.localStorage.removeItem(key);
    } catch {
      // It holds nothing that could be read either.
    }
  }

  return {
    get() {
      const stored = read();
      if (stored !== null) unsaved = null;
      return stored ?? unsaved;
    },
    set({ accessToken, refreshToken }) {
      const tokens = { accessToken, refreshToken };
      try {
        globalThis.localStorage.setItem(key, JSON.stringify(tokens));
        unsaved = null;
      } catch {
        // The old tokens must go: a used refresh token, sent again later, ends the session.
        remove();
        unsaved = tokens;
      }
    },
    clear() {
      unsaved = null;
      remove();
    },
  };
}
