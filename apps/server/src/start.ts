import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  createChangeFeed,
  createDeps,
  createJobHandlers,
  createJobQueue,
  createSealer,
  type Deps,
  type RunningJobQueue,
  type Sealer,
} from '@alice/api';
import { type Database, openDatabase } from '@alice/db';
import type { OwnedDirectory } from '@alice/db/entry';
import { migrate } from '@alice/db/migrations';
import type { Logger } from 'pino';
import manifest from '../package.json' with { type: 'json' };
import { createApp } from './app.ts';
import type { Settings } from './env.ts';
import { lowerHashingPriority } from './hashing-priority.ts';
import { createHealthCheck } from './health.ts';
import { createLimits } from './limits/create-limits.ts';
import { listen } from './listen.ts';
import type { ServerLog } from './log.ts';
import { createMailer } from './mail/create-mailer.ts';
import { maxConnections } from './open-files.ts';
import { connectRedis, type RedisConnection } from './redis.ts';
import { startScheduler } from './scheduler.ts';
import { sealingSecrets, signingSecrets } from './secrets.ts';
import { type Stoppable, stopServer } from './stop.ts';

/** The same path from `src` and from `dist`. */
const migrations = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));
const requestDeadlineMs = 8000;
/**
 * The delay of a change whose announcement was lost: while Redis is unavailable, or with several processes without
 * Redis.
 */
const pollMs = 1000;
/** An embedded database has only this process: no announcements are lost. */
const alonePollMs = 30_000;
/** Long enough to tell every connection in use that it will close; in production also for a load balancer to react. */
const drainMs = { development: 250, test: 250, production: 1000 };

export interface StartOptions {
  readonly settings: Settings;
  readonly serverLog: ServerLog;
  /** The data directory of the embedded database; null with a PostgreSQL server. */
  readonly owned: OwnedDirectory | null;
  /** Gets every part that runs, in the order in which to stop them, also if the start fails. */
  readonly opened: Stoppable[];
  /** Whether the process has been told to stop. */
  readonly isDraining: () => boolean;
}

/** Opens the database, creates the dependencies and the app, and listens. Imported late, see `main.ts`. */
export async function start({ settings, serverLog, owned, opened, isDraining }: StartOptions): Promise<void> {
  const { log, accessLog } = serverLog;
  const connections = await maxConnections();
  // Programming errors are found before production.
  const refuseIdleTransactions = settings.appEnv !== 'production';
  const db = await openDatabase({ ...settings.database, ...(owned && { owned }), refuseIdleTransactions, log });
  opened.unshift({ name: 'database', stop: () => db.close() });
  await migrate({ database: db, dir: migrations, log });

  const redis = settings.redisUrl === null ? null : connectRedis(settings.redisUrl, log);
  if (redis !== null) opened.unshift({ name: 'Redis', stop: () => redis.close() });

  const secrets = await signingSecrets(settings);
  const sealer = createSealer(await sealingSecrets(settings), randomBytes);
  const isWorking = settings.role !== 'api';
  const jobs = createJobQueue({ db, log, sealer, isWorking });
  // Prisma loads its query compiler (0.1 s) now, and not in the first transaction that needs it.
  await Promise.all([jobs.start(), settings.role === 'worker' ? undefined : db.prisma.$connect()]);
  opened.unshift({ name: 'jobs', stop: () => jobs.stop() });
  const deps = await buildDeps(settings, { db, redis, log, secrets, sealer, jobs });
  log.debug({ threads: lowerHashingPriority() }, 'lowered the priority of password hashing');
  let scheduler: Stoppable | undefined;
  if (isWorking) {
    const mailer = createMailer(settings, log);
    opened.splice(1, 0, { name: 'mailer', stop: async () => mailer.close() });
    await jobs.work(createJobHandlers(deps, mailer));
    scheduler = startScheduler(deps);
    opened.unshift(scheduler);
  }
  const app = createApp({
    deps,
    log,
    accessLog,
    name: settings.appName,
    version: manifest.version,
    corsOrigins: settings.corsOrigins,
    trustedProxies: settings.trustedProxies,
    checkHealth: createHealthCheck(db, redis, manifest.version),
    isDraining,
    servesApi: settings.role !== 'worker',
  });
  const listener = await listen(app, settings.host, settings.port, {
    maxConnections: connections,
    onFull: (closed) =>
      log.warn({ closed, connections }, 'closing new connections: the limit of open files is reached'),
  });
  // Requests, jobs and scheduled tasks stop in parallel, or their deadlines would add up. The last requests still
  // send jobs.
  opened.unshift({
    name: 'listener',
    async stop() {
      const drain = drainMs[settings.appEnv];
      // Not while connections are told to close: queries of jobs to an embedded database would delay their requests.
      const jobsEnd = sleep(drain).then(() => jobs.stop());
      await Promise.all([stopServer(listener, drain, requestDeadlineMs), jobsEnd, scheduler?.stop()]);
    },
  });
  // Streams stop first, so that their clients reconnect elsewhere while everything is still served.
  opened.unshift({ name: 'streams', stop: async () => deps.changes.close() });
  log.info(
    {
      url: listener.url,
      database: isEmbedded(settings) ? 'embedded' : 'server',
      redis: redis !== null,
      pid: process.pid,
    },
    `${settings.appName} is listening on ${listener.url}`,
  );
}

interface Parts {
  readonly db: Database;
  readonly redis: RedisConnection | null;
  readonly log: Logger;
  readonly secrets: readonly [string, ...string[]];
  readonly sealer: Sealer;
  readonly jobs: RunningJobQueue;
}

async function buildDeps(settings: Settings, { db, redis, log, secrets, sealer, jobs }: Parts): Promise<Deps> {
  const { accessTokenMinutes: accessMinutes, refreshTokenDays: refreshDays, publicUrl: url } = settings;
  const options = {
    db,
    log,
    jobs,
    secrets,
    lifetimes: { accessMinutes, refreshDays },
    site: {
      name: settings.appName,
      url,
      origins: [url, ...settings.corsOrigins],
      adminEmails: new Set(settings.adminEmails),
    },
  };
  return createDeps(options, {
    sealer,
    changes: createChangeFeed(db, log, {
      ...(redis === null ? {} : { broadcast: redis.broadcast }),
      pollMs: isEmbedded(settings) ? alonePollMs : pollMs,
    }),
    ...createLimits(settings, secrets[0], redis?.openWindows ?? null),
  });
}

/** Whether this process runs the database itself, exclusively. */
function isEmbedded({ database }: Settings): boolean {
  return 'dataDir' in database;
}
