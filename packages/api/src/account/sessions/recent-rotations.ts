import { LRUCache } from 'lru-cache';
import type { TokenSubject } from './tokens.ts';

type Rotated = Pick<TokenSubject, 'id' | 'generation'>;

/** The refreshes that this process made: it knows their exact age. The age of others is measured with two clocks. */
export interface RecentRotations {
  add(session: Rotated): void;
  has(session: Rotated): boolean;
}

/** Forgotten entries are treated like refreshes of another process. */
const mostRemembered = 10_000;

export function createRecentRotations(): RecentRotations {
  const generations = new LRUCache<string, number>({ max: mostRemembered });
  return {
    add: ({ id, generation }) => void generations.set(id, generation),
    has: ({ id, generation }) => generations.get(id) === generation,
  };
}
