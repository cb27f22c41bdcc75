import { type DestinationStream, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Settings } from './env.ts';

/** Never written, wherever they stand in a logged object. */
const secrets = ['password', 'accessToken', 'refreshToken', 'authorization', 'cookie', 'token', 'secret'];

const flushEveryMs = 200;

export interface ServerLog {
  readonly log: Logger;
  /** For the one line of each request: its fields are fixed and hold no secret, so nothing is looked for in them. */
  readonly accessLog: Logger;
  /** Writes what is still in memory. */
  flush(): void;
}

type LogSettings = Pick<Settings, 'appEnv' | 'logLevel'>;

/** JSON lines on standard output, buffered for a moment; coloured lines for a developer at a terminal. */
export function createLog(settings: LogSettings): ServerLog {
  if (settings.appEnv !== 'production' && process.stdout.isTTY) {
    return { ...createLoggers(settings, pretty({ colorize: true, sync: true })), flush: () => undefined };
  }
  const destination = pino.destination({ fd: 1, sync: false, minLength: 8192 });
  const timer = setInterval(() => destination.flush(), flushEveryMs);
  timer.unref();
  const flush = () => flushNow(destination);
  process.once('exit', flush);
  return { ...createLoggers(settings, destination), flush };
}

/** Both loggers, writing to one place. */
export function createLoggers(settings: LogSettings, destination: DestinationStream): Omit<ServerLog, 'flush'> {
  const options = {
    level: settings.logLevel,
    base: null,
    timestamp: isoTime(),
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: (error: Error) => withoutCommand(pino.stdSerializers.err(error)) },
  };
  const redact = { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[secret]' };
  return { log: pino({ ...options, redact }, destination), accessLog: pino(options, destination) };
}

/**
 * What pino makes of an error, and of those within it, without the command that failed: ioredis puts it there, and with one
 * of them a client says its password.
 */
function withoutCommand(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withoutCommand);
  // By this pino's copies are known: whatever else hangs on an error is left as it is.
  if (typeof part !== 'object' || part === null || !('raw' in part && part.raw instanceof Error)) return part;
  const kept = Object.entries(part).filter(([name]) => name !== 'command' && name !== 'args');
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutCommand(value)]));
}

/** ISO time for pino, made once a millisecond: under load many lines share one. */
function isoTime(): () => string {
  let latest = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== latest) {
      latest = now;
      text = `,"time":"${new Date(now).toISOString()}"`;
    }
    return text;
  };
}

/** Fails when the file was never opened, which is when there is nothing to write. */
function flushNow(destination: DestinationStream & { flushSync(): void }): void {
  try {
    destination.flushSync();
  } catch (error) {
    process.stderr.write(`the log could not be written: ${String(error)}\n`);
  }
}
