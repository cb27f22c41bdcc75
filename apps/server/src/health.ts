import type { Database } from '@alice/db';
import type { RedisConnection } from './redis.ts';

export interface Health {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly version: string;
  readonly services: { readonly db: 'ok' | 'error'; readonly redis: 'ok' | 'error' | 'disabled' };
}

/** How long a result is cached: the services are checked once, however many callers ask. */
const freshMs = 500;

/** Checks the database and Redis within about a second. Never throws. */
export function createHealthCheck(
  db: Database,
  redis: Pick<RedisConnection, 'ping'> | null,
  version: string,
): () => Promise<Health> {
  let latest: Promise<Health> | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;

  async function ask(): Promise<Health> {
    const [dbOk, redisOk] = await Promise.all([answers(db.ping()), redis === null ? null : answers(redis.ping())]);
    const services = {
      db: dbOk ? 'ok' : 'error',
      redis: redisOk === null ? 'disabled' : redisOk ? 'ok' : 'error',
    } as const;
    const status = !dbOk ? 'unhealthy' : redisOk === false ? 'degraded' : 'healthy';
    return { status, version, services };
  }

  return () => {
    const now = performance.now();
    if (latest === null || now - askedAt > freshMs) {
      askedAt = now;
      latest = ask();
    }
    return latest;
  };
}

async function answers(ping: Promise<void>): Promise<boolean> {
  try {
    await ping;
    return true;
  } catch {
    return false;
  }
}
