import type { SyncTokenStore, Tokens } from './token-store.ts';

/** Keeps the session in memory, for scripts, servers and tests. Can start with tokens. */
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
