import { isTokens, type SyncTokenStore, type Tokens } from './token-store.ts';

/**
 * Stores the session in `localStorage`, shared by all tabs of the origin: a sign-in or sign-out in one tab takes effect
 * in the others with their next call. If storage is missing, forbidden or full, the session lasts as long as the page.
 * Every script of the page can read it: if that matters, write your own store.
 */
export function localStorageTokenStore(key = 'alice.tokens'): SyncTokenStore {
  // Tokens that could not be stored. Tokens in storage were written later, by another tab, and take precedence.
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
      // Then nothing in it can be read either.
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
        // The old tokens must be removed: a used refresh token that is sent again later ends the session.
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
