import { randomUUID } from 'node:crypto';
import type { Broadcast, OpenWindows } from '@alice/api';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { redisWindows } from './limits/redis-windows.ts';

/** What limits wait is their own affair, and less. */
const commandTimeoutMs = 500;
const pingTimeoutMs = 1000;
/** A connection that owes an answer for so long is dead, whatever TCP believes, and is opened anew. */
const deadAfterMs = 2000;

export interface RedisConnection {
  /** Resolves when Redis answers, else throws, within a second. */
  ping(): Promise<void>;
  /** Carries the ids of people whose data changed to the other processes, as long as Redis is there. */
  readonly broadcast: Broadcast;
  /** Limits that the processes share, as long as Redis is there. */
  readonly openWindows: OpenWindows;
  close(): Promise<void>;
}

const channel = 'alice:changes';

/**
 * Connects in the background and for ever: a dead Redis slows nobody down and stops nobody. Commands fail at once while it
 * is away instead of queueing, and after half a second when it is slow.
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
    // One line per outage, not one per attempt.
    if (!isDown) log.warn({ err: error }, 'Redis is away');
    isDown = true;
  });
  redis.on('ready', () => {
    log.info({}, isDown ? 'Redis is back' : 'Redis is there');
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

/** One channel for all: a message is two ids, and a process looks each up among those whom it serves. */
function createBroadcast(redis: Redis, log: Logger): Broadcast & { close(): void } {
  const self = randomUUID();
  let subscriber: Redis | undefined;
  return {
    publish(userId) {
      // A lost message costs time only: who watches looks for themselves, too.
      redis.publish(channel, `${self} ${userId}`).catch(() => undefined);
    },
    subscribe(receive) {
      // A connection that subscribes can do nothing else. It waits for Redis for as long as that takes.
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
      subscriber.subscribe(channel).catch((error: unknown) => log.warn({ err: error }, 'not subscribed to changes'));
    },
    close: () => subscriber?.disconnect(),
  };
}
