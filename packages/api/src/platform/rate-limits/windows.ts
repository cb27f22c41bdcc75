import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** So much of something for each key, in windows of so many seconds. A window begins with the first that is taken. */
export interface WindowLimit {
  /** Short, and no other limit's: what is counted is kept under it. */
  readonly name: string;
  readonly points: number;
  readonly seconds: number;
}

export interface Taken {
  /** How many of the points that were asked for there were: none once all are used. What is refused is not counted. */
  readonly granted: number;
  /** How many are left for others. */
  readonly left: number;
  readonly msUntilEnd: number;
}

export interface Windows {
  /** Takes up to `points` for a key, in one step: of many at once, all together get no more than there are. Never throws. */
  take(key: string, points: number): Promise<Taken>;
  /** Gives points back, if their window is still open. Whatever is taken after this finds them. */
  giveBack(key: string, points: number): void;
}

/** Where windows are kept: in this process, or where many share them. */
export type OpenWindows = (limit: WindowLimit) => Windows;

/** Of more keys than these, the ones that were quiet longest begin anew. */
const mostKeys = 20_000;

/** Windows of this process. They end by the machine's clock (`Date.now`). */
export const memoryWindows: OpenWindows = ({ name, points: limit, seconds }) => {
  const limiter = new RateLimiterMemory({ keyPrefix: name, points: limit, duration: seconds });
  // The library keeps every key until its window ends, however many there are.
  const recent = new LRUCache<string, true>({ max: mostKeys, dispose: (_value, key) => void limiter.delete(key) });
  return {
    async take(key, points) {
      // `dispose` also speaks up for a key that is set again.
      if (recent.get(key) === undefined) recent.set(key, true);
      const taken = await limiter.consume(key, points).catch(resultOf);
      const granted = grantedOf(taken, points, limit);
      if (granted < points) await limiter.reward(key, points - granted);
      return { granted, left: taken.remainingPoints, msUntilEnd: taken.msBeforeNext };
    },
    giveBack(key, points) {
      void limiter.get(key).then((open) => {
        // What another store had given, before this one stood in for it, makes no room here.
        if (open !== null && open.msBeforeNext > 0) return limiter.reward(key, Math.min(points, open.consumedPoints));
        return null;
      });
    },
  };
};

/** The library rejects with a result where nothing failed: too much was asked for. */
export function resultOf(rejection: unknown): RateLimiterRes {
  if (rejection instanceof RateLimiterRes) return rejection;
  throw rejection;
}

/** How many of the points that were asked for fitted in. */
export function grantedOf({ consumedPoints }: RateLimiterRes, points: number, limit: number): number {
  return Math.max(points - Math.max(consumedPoints - limit, 0), 0);
}
