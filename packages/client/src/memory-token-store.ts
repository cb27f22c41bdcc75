import type { SyncTokenStore, Tokens } from './token-store.ts';

/** Keeps the session as long as this object lives: for scripts, servers and tests. May start with tokens. */
export function memoryTokenStore(initial: Tokens | null = null): SyncTokenStore {
  let tokens = initial;
  return {
    get: () => tokens,
    set(next) {
      tokens = next;
    },
    clear() {
      tokens = null;
    },
  };
}
