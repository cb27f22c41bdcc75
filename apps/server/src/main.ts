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
import { type Database, databaseFault, openDatabase } from '@alice/db';
import { migrate } from '@alice/db/migrations';
import type { Logger } from 'pino';
import manifest from '../package.json' with { type: 'json' };
import { createApp } from './app.ts';
import { processSettings, type Settings, SettingsError } from './env.ts';
import { lowerHashingPriority } from './hashing-priority.ts';
import { createHealthCheck } from './health.ts';
import { createLimits } from './limits/create-limits.ts';
import { listen } from './listen.ts';
import { createLog } from './log.ts';
import { writeToStandardError } from './log-output.ts';
import { createMailer } from './mail/create-mailer.ts';
import { maxConnections, openFilesAdvice } from './open-files.ts';
import { connectRedis, type RedisConnection } from './redis.ts';
import { startScheduler } from './scheduler.ts';
import { sealingSecrets, signingSecrets } from './secrets.ts';
import { endProcess, endWithin, type Stoppable, stopAll, stopServer } from './stop.ts';

/** The same path from `src` and from `dist`. */
const migrations = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));
const requestDeadlineMs = 8000;
/**
 * From the signal to the end of the process, whatever hangs. With the log's timeout, it stays under the ten seconds
 * that supervisors wait.
 */
const stopLimitMs = 9000;
/**
 * The delay of a change whose announcement was lost: while Redis is unavailable, or with several processes without
 * Redis.
 */
const pollMs = 1000;
/** An embedded database has only this process: no announcements are lost. */
const alonePollMs = 30_000;
/** Long enough to tell every connection in use that it will close; in production also for a load balancer to react. */
const drainMs = { development: 250, test: 250, production: 1000 };

async function main(): Promise<void> {
  const settings = processSettings();
  const serverLog = createLog(settings);
  const { log, accessLog } = serverLog;
  const opened: Stoppable[] = [];
  let isDraining = false;
  const toldToStop = stopSignal();
  for (const warning of settings.warnings) log.warn({}, warning);

  try {
    const connections = await maxConnections();
    // Programming errors are found before production.
    const refuseIdleTransactions = settings.appEnv !== 'production';
    const db = await openDatabase({ ...settings.database, refuseIdleTransactions, log });
    opened.unshift({ name: 'database', stop: () => db.close() });
    await migrate({ database: db, dir: migrations, log });

    const redis = settings.redisUrl === null ? null : connectRedis(settings.redisUrl, log);
    if (redis !== null) opened.unshift({ name: 'Redis', stop: () => redis.close() });

    const secrets = await signingSecrets(settings);
    const sealer = createSealer(await sealingSecrets(settings), randomBytes);
    const isWorking = settings.role !== 'api';
    const jobs = createJobQueue({ db, log, sealer, isWorking });
    await jobs.start();
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
      isDraining: () => isDraining,
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
  } catch (error) {
    endWithin(stopLimitMs, serverLog);
    await stopAll(opened, log);
    log.fatal({ err: error }, `cannot start: ${explain(error)}`);
    await serverLog.close();
    writeToStandardError(`cannot start: ${explain(error)}\n`);
    await endProcess(1);
  }

  log.info({ signal: await toldToStop }, 'stopping');
  isDraining = true;
  endWithin(stopLimitMs, serverLog);
  const isClean = await stopAll(opened, log);
  log.info({}, 'stopped');
  await serverLog.close();
  await endProcess(isClean ? 0 : 1);
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

/**
 * Resolves at the first signal. The handlers stay: without them, a second signal would kill the process during
 * shutdown.
 */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.on('SIGINT', resolve);
    process.on('SIGTERM', resolve);
  });
}

/** An error message for an operator: the context and the cause. */
function explain(error: unknown): string {
  const message =
    error instanceof AggregateError
      ? error.errors.map(String).join(', ')
      : error instanceof Error
        ? error.message
        : String(error);
  const advice = openFilesAdvice(error);
  if (advice !== null) return `${message}: ${advice}`;
  return databaseFault(error)?.kind === 'unavailable' ? `the database cannot be reached: ${message}` : message;
}

main().catch((error: unknown) => {
  // Invalid settings are for the operator, one line each. Other errors need their stack.
  writeToStandardError(
    `${error instanceof SettingsError || !(error instanceof Error) ? String(error) : error.stack}\n`,
  );
  process.exit(1);
});
