import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createPasswordHasher, createSessionGate, createTokenIssuer, passwordHashing, systemClock } from '@alice/api';
import { openDatabase } from '@alice/db';
import { migrate } from '@alice/db/migrations';
import manifest from '../package.json' with { type: 'json' };
import { createApp } from './app.ts';
import { processSettings, SettingsError } from './env.ts';
import { createHealthCheck } from './health.ts';
import { listen } from './listen.ts';
import { createLog } from './log.ts';
import { connectRedis } from './redis.ts';
import { signingSecrets } from './secrets.ts';
import { type Stoppable, stopAll, stopServer } from './stop.ts';

/** The same place seen from `src` and from `dist`. */
const migrations = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));
const requestDeadlineMs = 8000;

async function main(): Promise<void> {
  const settings = processSettings();
  const { log, accessLog, flush } = createLog(settings);
  const opened: Stoppable[] = [];
  let isDraining = false;
  const signal = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);

  try {
    const db = await openDatabase({ ...settings.database, log });
    opened.unshift({ name: 'database', stop: () => db.close() });
    await migrate({ database: db, dir: migrations, log });

    const redis = settings.redisUrl === null ? null : connectRedis(settings.redisUrl, log);
    if (redis !== null) opened.unshift({ name: 'Redis', stop: () => redis.close() });

    const tokens = createTokenIssuer(
      {
        secrets: await signingSecrets(settings),
        accessMinutes: settings.accessTokenMinutes,
        refreshDays: settings.refreshTokenDays,
        sessionDays: 30,
      },
      systemClock,
    );
    const app = createApp({
      deps: {
        db,
        log,
        tokens,
        clock: systemClock,
        passwords: await createPasswordHasher(passwordHashing),
        sessions: createSessionGate(db, log, { accessSeconds: tokens.accessSeconds }),
      },
      log,
      accessLog,
      name: settings.appName,
      version: manifest.version,
      corsOrigins: settings.corsOrigins,
      trustedProxies: settings.trustedProxies,
      checkHealth: createHealthCheck(db, redis, manifest.version),
      isDraining: () => isDraining,
    });
    const { server, url } = await listen(app, settings.host, settings.port);
    const drainMs = settings.appEnv === 'production' ? 1000 : 0;
    opened.unshift({ name: 'listener', stop: () => stopServer(server, drainMs, requestDeadlineMs) });
    log.info({ url, database: db.driver, redis: redis !== null, pid: process.pid }, `${settings.appName} listens on ${url}`);

    await signal;
    log.info({}, 'stopping');
  } catch (error) {
    process.exitCode = 1;
    log.fatal({ err: error }, 'cannot start');
  }
  isDraining = true;
  const isClean = await stopAll(opened, log);
  if (!isClean) process.exitCode = 1;
  log.info({}, 'stopped');
  flush();
  process.exit();
}

main().catch((error: unknown) => {
  // Faults in the settings are the operator's to mend, one line each; anything else needs its stack.
  process.stderr.write(`${error instanceof SettingsError ? error.message : String(error)}\n`);
  process.exit(1);
});
