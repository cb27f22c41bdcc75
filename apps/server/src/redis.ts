import { randomUUID } from 'node:crypto';
import type { Broadcast, OpenWindows } from '@alice/api';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { redisWindows } from './limits/redis-windows.ts';

/** Rate limits use their own, shorter timeout. */
const commandTimeoutMs = 500;
const pingTimeoutMs = 1000;
/** A connection without a response for this long is regarded as dead, and is reopened. */
const deadAfterMs = 2000;

export interface RedisConnection {
  /** Resolves if Redis responds; throws otherwise, within a second. */
  ping(): Promise<void>;
  /** Publishes the ids of users whose data changed to the other processes, while Redis is available. */
  readonly broadcast: Broadcast;
  /** Rate limits that processes share, while Redis is available. */
  readonly openWindows: OpenWindows;
  close(): Promise<void>;
}

const channel = 'alice:changes';

/**
 * Connects in the background and keeps trying: an unavailable Redis neither delays nor stops the server. While it is
 * unavailable, commands fail at once instead of being queued; when it is slow, after half a second.
 */
export function connectRedis(url: string, log: Logger): RedisConnection {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: pingTimeoutMs,
    socketTimeout: deadAfterMs,
    retryStrategy: (attempt) => Math.min(100 * 2 ** attempt, 2000),
  });
  let isDown = false;
  redis.on('error', (error: Error) => {
    // One line per outage, not per attempt.
    if (!isDown) log.warn({ err: error }, 'Redis is unavailable');
    isDown = true;
  });
  redis.on('ready', () => {
    log.info({}, isDown ? 'Redis is available again' : 'connected to Redis');
    isDown = false;
  });
  const broadcast = createBroadcast(redis, log);
  return {
    broadcast,
    openWindows: redisWindows(redis, log),
    async ping() {
      await redis.ping();
    },
    async close() {
      redis.disconnect();
      broadcast.close();
    },
  };
}

/** One channel for all users: a message contains two ids, and each process looks up its own subscribers. */
function createBroadcast(redis: Redis, log: Logger): Broadcast & { close(): void } {
  const self = randomUUID();
  let subscriber: Redis | undefined;
  return {
    publish(userId) {
      // A lost message only costs time: subscribers also poll.
      redis.publish(channel, `${self} ${userId}`).catch(() => undefined);
    },
    subscribe(receive) {
      // A subscribed connection cannot be used for anything else. It waits for Redis as long as necessary.
      subscriber = redis.duplicate({
        enableOfflineQueue: true,
        maxRetriesPerRequest: null,
        commandTimeout: undefined,
        socketTimeout: undefined,
      });
      subscriber.on('error', () => undefined);
      subscriber.on('message', (_channel, message: string) => {
        const [sender, userId] = message.split(' ');
        if (sender !== self && userId !== undefined) receive(userId);
      });
      subscriber
        .subscribe(channel)
        .catch((error: unknown) => log.warn({ err: error }, 'could not subscribe to changes'));
    },
    close: () => subscriber?.disconnect(),
  };
}
