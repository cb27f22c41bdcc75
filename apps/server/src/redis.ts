import { Redis } from 'ioredis';
import type { Logger } from 'pino';

const commandTimeoutMs = 100;
const pingTimeoutMs = 1000;

export interface RedisConnection {
  /** Resolves when Redis answers, else throws, within a second. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects in the background and for ever: a dead Redis slows nobody down and stops nobody. Commands fail at once while it
 * is away instead of queueing, and after 100 ms when it is slow.
 */
export function connectRedis(url: string, log: Logger): RedisConnection {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: pingTimeoutMs,
    retryStrategy: (attempt) => Math.min(100 * 2 ** attempt, 2000),
  });
  let isDown = false;
  redis.on('error', (error: Error) => {
    // One line per outage, not one per attempt.
    if (!isDown) log.warn({ err: error }, 'Redis is away');
    isDown = true;
  });
  redis.on('ready', () => {
    log.info({}, isDown ? 'Redis is back' : 'Redis is there');
    isDown = false;
  });
  return {
    async ping() {
      await redis.ping();
    },
    async close() {
      redis.disconnect();
    },
  };
}
