import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { atMost } from './at-most.ts';

/** A number of points per key and window of some seconds. A window starts with the first point that is taken. */
export interface WindowLimit {
  /** Short and unique: the key prefix in the store. */
  readonly name: string;
  readonly points: number;
  readonly seconds: number;
}

export interface Taken {
  /** How many of the requested points were available; 0 when all are used. Rejected points are not counted. */
  readonly granted: number;
  /** How many points are left. */
  readonly left: number;
  readonly msUntilEnd: number;
}

export interface Windows {
  /**
   * Takes up to `points` for a key, atomically: concurrent callers together never get more than the limit. Never
   * throws.
   */
  take(key: string, points: number): Promise<Taken>;
  /** Refunds points if their window is still open. */
  giveBack(key: string, points: number): void;
}

/** Where windows are stored: in this process, or in a shared store. */
export type OpenWindows = (limit: WindowLimit) => Windows;

/** With more keys than this, those that were idle longest are forgotten. */
const mostKeys = 20_000;

/** Windows in this process. They end by the wall clock (`Date.now`). */
export const memoryWindows: OpenWindows = ({ name, points: limit, seconds }) => {
  const limiter = new RateLimiterMemory({ keyPrefix: name, points: limit, duration: seconds });
  // The library keeps every key until its window ends, without a limit.
  const recent = new LRUCache<string, true>({
    ...atMost(mostKeys),
    dispose: (_value, key) => void limiter.delete(key),
  });
  return {
    async take(key, points) {
      // `dispose` is also called for a key that is set again.
      if (recent.get(key) === undefined) recent.set(key, true);
      const taken = await limiter.consume(key, points).catch(resultOf);
      const granted = grantedOf(taken, points, limit);
      if (granted < points) await limiter.reward(key, points - granted);
      return { granted, left: taken.remainingPoints, msUntilEnd: taken.msBeforeNext };
    },
    giveBack(key, points) {
      void limiter.get(key).then((open) => {
        // Points that another store had granted before are not refunded here.
        if (open !== null && open.msBeforeNext > 0) return limiter.reward(key, Math.min(points, open.consumedPoints));
        return null;
      });
    },
  };
};

/** The library rejects with a result if the limit is exceeded, which is not an error. */
export function resultOf(rejection: unknown): RateLimiterRes {
  if (rejection instanceof RateLimiterRes) return rejection;
  throw rejection;
}

/** How many of the requested points were available. */
export function grantedOf({ consumedPoints }: RateLimiterRes, points: number, limit: number): number {
  return Math.max(points - Math.max(consumedPoints - limit, 0), 0);
}
