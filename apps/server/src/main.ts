import { databaseFault, type OwnedDirectory, ownDirectory } from '@alice/db/entry';
import { processSettings, type Settings, SettingsError } from './env.ts';
import { createLog } from './log.ts';
import { writeToStandardError } from './log-output.ts';
import { openFilesAdvice } from './open-files.ts';
import { endProcess, endWithin, type Stoppable, stopAll } from './stop.ts';

/**
 * From the signal to the end of the process, whatever hangs. With the log's timeout, it stays under the ten seconds
 * that supervisors wait.
 */
const stopLimitMs = 9000;

async function main(): Promise<void> {
  const settings = processSettings();
  const serverLog = createLog(settings);
  const { log } = serverLog;
  const opened: Stoppable[] = [];
  let isDraining = false;
  const toldToStop = stopSignal();
  for (const warning of settings.warnings) log.warn({}, warning);

  try {
    const owned = await ownDataDirectory(settings);
    if (owned !== null) opened.unshift({ name: 'data directory', stop: owned.release });
    // Late: the code behind it takes long to load, and a process that may not use the data directory needs none of it.
    const { start } = await import('./start.ts');
    await start({ settings, serverLog, owned, opened, isDraining: () => isDraining });
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

/** Null with a PostgreSQL server. */
async function ownDataDirectory({ database }: Settings): Promise<OwnedDirectory | null> {
  return 'dataDir' in database ? ownDirectory(database) : null;
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
