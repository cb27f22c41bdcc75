import type { Caller } from '../context.ts';
import { DomainError } from '../errors.ts';

/** How an API key begins, so that one is known wherever it is found. */
export const keyPrefix = 'alice_';

export interface KeyVerifier {
  /** Who an API key speaks for. Throws UNAUTHENTICATED. Whether the key has ended is the session gate's to say. */
  verify(key: string): Caller | Promise<Caller>;
}

export function createKeyVerifier(): KeyVerifier {
  return {
    verify() {
      throw new DomainError('UNAUTHENTICATED', 'This is not a valid API key');
    },
  };
}
