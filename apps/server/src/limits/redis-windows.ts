import { grantedOf, memoryWindows, type OpenWindows, resultOf, type WindowLimit } from '@alice/api';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { RateLimiterRedis } from 'rate-limiter-flexible';

/** How long a caller waits for Redis. */
const patienceMs = 100;
/** How long Redis is not used after a failure; then one call tries it again. */
const restMs = 1000;
const keyPrefix = 'alice';

/**
 * Takes at most the points that are left, while the library's own script counts further: rejected points must not be
 * counted. It returns as if all had been counted, which tells how many were granted. Points are refunded only if their
 * window is still open.
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
 * Windows that processes share through Redis. While Redis is unavailable or slow, each process enforces half of each
 * limit; only one call per second waits for a Redis that hangs.
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

/** A response that arrived while this process was busy counts as in time: the timer alone would treat it as late. */
function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(new Error('Redis timed out'))), patienceMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function halfOf(limit: WindowLimit): WindowLimit {
  return { ...limit, points: Math.max(Math.floor(limit.points / 2), 1) };
}

/** Whether Redis is available for rate limits: it logs one line when it becomes unavailable, and one when it is back. */
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
      if (triesAgainAt !== null) log.info({}, 'rate limits are shared through Redis again');
      triesAgainAt = null;
    },
    failed(error: unknown): void {
      if (triesAgainAt === null)
        log.warn({ err: error }, 'rate limits are not shared: each process enforces half of each limit');
      triesAgainAt = performance.now() + restMs;
    },
  };
}
