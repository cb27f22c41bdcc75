import { LRUCache } from 'lru-cache';
import type { TokenSubject } from './tokens.ts';

type Rotated = Pick<TokenSubject, 'id' | 'generation'>;

/** The exchanges of refresh tokens that this process did: their age it can tell exactly, that of others' by two clocks. */
export interface RecentRotations {
  add(session: Rotated): void;
  has(session: Rotated): boolean;
}

/** A forgotten one counts as another process's. */
const mostRemembered = 10_000;

export function createRecentRotations(): RecentRotations {
  const generations = new LRUCache<string, number>({ max: mostRemembered });
  return {
    add: ({ id, generation }) => void generations.set(id, generation),
    has: ({ id, generation }) => generations.get(id) === generation,
  };
}
