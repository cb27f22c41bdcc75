/** The tokens of a session: two opaque strings, which any storage can hold. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Where a session is stored. Every call reads it, to notice changes by another tab or process: keep `get` fast. */
export interface TokenStore {
  /** The tokens; null if nobody is signed in. */
  get(): Tokens | null | Promise<Tokens | null>;
  set(tokens: Tokens): void | Promise<void>;
  clear(): void | Promise<void>;
}

/** A synchronous store. */
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
