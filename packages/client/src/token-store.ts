/** A person's session: two opaque strings, so that any storage can hold them. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/**
 * Where a session is kept. Each call reads it, so that a change made elsewhere (another tab, another process) is
 * noticed: keep `get` quick.
 */
export interface TokenStore {
  /** The tokens; null when nobody is signed in. */
  get(): Tokens | null | Promise<Tokens | null>;
  set(tokens: Tokens): void | Promise<void>;
  clear(): void | Promise<void>;
}

/** A store that answers at once. */
export interface SyncTokenStore extends TokenStore {
  get(): Tokens | null;
  set(tokens: Tokens): void;
  clear(): void;
}

export function isTokens(value: unknown): value is Tokens {
  return (
    typeof value === 'object' &&
    value !== null &&
    'accessToken' in value &&
    typeof value.accessToken === 'string' &&
    'refreshToken' in value &&
    typeof value.refreshToken === 'string'
  );
}
