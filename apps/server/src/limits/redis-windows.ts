import { grantedOf, memoryWindows, type OpenWindows, resultOf, type WindowLimit } from '@alice/api';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { RateLimiterRedis } from 'rate-limiter-flexible';

/** So long a caller waits for Redis. */
const patienceMs = 100;
/** So long after a failure nobody asks Redis; then one tries whether it is back. */
const restMs = 1000;
const keyPrefix = 'alice';

/**
 * Takes what is there and no more, where the library's own script counts on: what is refused must cost nothing. It answers
 * as if all had been counted, which tells how much was granted. Points given back need their window to be open still.
 */
const takeScript = `
local points, limit = tonumber(ARGV[1]), tonumber(ARGV[3])
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local change = points < 0 and math.max(points, -used) or math.max(math.min(points, limit - used), 0)
if change > 0 then redis.call('SET', KEYS[1], 0, 'EX', ARGV[2], 'NX') end
if change ~= 0 then redis.call('INCRBY', KEYS[1], change) end
return { used + points, redis.call('PTTL', KEYS[1]) }
`;

/**
 * Windows that processes share through Redis. With it away, or slower than its client waits, each process counts for itself
 * with half of each limit; a Redis that hangs is waited for by one call a second.
 */
export function redisWindows(redis: Redis, log: Logger): OpenWindows {
  const health = createHealth(log);
  return (limit) => {
    const { name, points: most, seconds } = limit;
    const limiter = new RateLimiterRedis({
      storeClient: redis,
      keyPrefix: `${keyPrefix}:${name}`,
      points: most,
      duration: seconds,
      customIncrTtlLuaScript: takeScript,
      rejectIfRedisNotReady: true,
    });
    const insurance = memoryWindows(halfOf(limit));
    return {
      async take(key, points) {
        if (!health.mayTry()) return insurance.take(key, points);
        try {
          const taken = await inTime(limiter.consume(key, points).catch(resultOf));
          health.succeeded();
          return {
            granted: grantedOf(taken, points, most),
            left: taken.remainingPoints,
            msUntilEnd: taken.msBeforeNext,
          };
        } catch (error) {
          health.failed(error);
          return insurance.take(key, points);
        }
      },
      giveBack(key, points) {
        if (!health.mayTry()) insurance.giveBack(key, points);
        else limiter.reward(key, points).then(health.succeeded, health.failed);
      },
    };
  };
}

/** An answer that came while this process was too busy to look counts as in time: the timer alone would call it late. */
function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(new Error('Redis took too long'))), patienceMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function halfOf(limit: WindowLimit): WindowLimit {
  return { ...limit, points: Math.max(Math.floor(limit.points / 2), 1) };
}

/** Whether Redis answers, as the limits see it: one line in the log when that ends, and one when it does again. */
function createHealth(log: Logger) {
  let triesAgainAt: number | null = null;
  return {
    mayTry(): boolean {
      if (triesAgainAt === null) return true;
      const now = performance.now();
      if (now < triesAgainAt) return false;
      triesAgainAt = now + restMs;
      return true;
    },
    succeeded(): void {
      if (triesAgainAt !== null) log.info({}, 'limits are shared again');
      triesAgainAt = null;
    },
    failed(error: unknown): void {
      if (triesAgainAt === null) log.warn({ err: error }, 'limits are not shared: each process counts half of them');
      triesAgainAt = performance.now() + restMs;
    },
  };
}
