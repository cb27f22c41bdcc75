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

/** The same place seen from `src` and from `dist`. */
const migrations = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));
const requestDeadlineMs = 8000;
/** From the signal to the end of the process, whatever hangs. With what the log may take, under the ten seconds that supervisors give. */
const stopLimitMs = 9000;
/** How soon a change shows whose announcement was lost: with Redis away, or without it, if there are other processes. */
const pollMs = 1000;
/** An embedded database has this process alone: nothing is lost between them. */
const alonePollMs = 30_000;
/** Long enough that every connection in use hears that it ends; in production also for a balancer to look away. */
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
    // A mistake of ours is found where nobody is served yet.
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
    log.debug({ threads: lowerHashingPriority() }, 'hashing stands back');
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
        log.warn({ closed, connections }, 'new connections are closed: the limit of open files allows no more'),
    });
    // Requests, jobs and scheduled tasks end side by side, or their deadlines would add up; the last requests still send jobs.
    opened.unshift({
      name: 'listener',
      async stop() {
        const drain = drainMs[settings.appEnv];
        // Not while connections hear that they end: what jobs ask of an embedded database would keep their requests waiting.
        const jobsEnd = sleep(drain).then(() => jobs.stop());
        await Promise.all([stopServer(listener, drain, requestDeadlineMs), jobsEnd, scheduler?.stop()]);
      },
    });
    // First of all, so that their clients are told and go elsewhere while everything is still served.
    opened.unshift({ name: 'streams', stop: async () => deps.changes.close() });
    log.info(
      {
        url: listener.url,
        database: isEmbedded(settings) ? 'embedded' : 'server',
        redis: redis !== null,
        pid: process.pid,
      },
      `${settings.appName} listens on ${listener.url}`,
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

/** Whether this process runs the database itself, and has it alone. */
function isEmbedded({ database }: Settings): boolean {
  return 'dataDir' in database;
}

/** Resolves at the first signal. The handlers stay: without one, a second signal would end the process in the midst of it. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.on('SIGINT', resolve);
    process.on('SIGTERM', resolve);
  });
}

/** For a person at a terminal: what it is about, and what happened. */
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
  // Faults in the settings are the operator's to mend, one line each; anything else needs its stack.
  writeToStandardError(
    `${error instanceof SettingsError || !(error instanceof Error) ? String(error) : error.stack}\n`,
  );
  process.exit(1);
});
