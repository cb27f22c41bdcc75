import { type DestinationStream, type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Settings } from './env.ts';
import { LogOutput, openOutput, writeToStandardError } from './log-output.ts';

/** Redacted wherever they appear in a logged object. */
const secrets = ['password', 'accessToken', 'refreshToken', 'authorization', 'cookie', 'token', 'secret'];

export interface ServerLog {
  readonly log: Logger;
  /** For the one line per request: its fields are fixed and contain no secrets, so nothing needs to be redacted. */
  readonly accessLog: Logger;
  /** Writes the buffered lines, within a second; standard error reports what could not be written. */
  close(): Promise<void>;
  /** The same, synchronously. */
  closeNow(): void;
}

type LogSettings = Pick<Settings, 'appEnv' | 'logLevel'>;

/** JSON lines on standard output, buffered briefly; coloured lines for a developer at a terminal. */
export function createLog(settings: LogSettings): ServerLog {
  const isForPeople = settings.appEnv !== 'production' && process.stdout.isTTY;
  const format = isForPeople ? prettyFactory({ colorize: true }) : String;
  const output = new LogOutput(openOutput(process.stdout), (count) => format(lostLine(count)));
  const closeNow = () => {
    process.off('exit', closeNow);
    tellUnwritten(output.closeNow());
  };
  process.once('exit', closeNow);
  // Standard error has no reader, or its disk is full: no reason to exit.
  process.stderr.on('error', () => undefined);
  return {
    ...createLoggers(settings, { write: (line) => output.write(format(line)) }),
    closeNow,
    async close() {
      const unwritten = await output.close();
      process.off('exit', closeNow);
      tellUnwritten(unwritten);
    },
  };
}

/** Both loggers, with the same destination. */
export function createLoggers(
  settings: LogSettings,
  destination: DestinationStream,
): Pick<ServerLog, 'log' | 'accessLog'> {
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
 * Serializes an error and its causes without the failed command: ioredis adds it, and one of the commands contains the
 * password.
 */
function withoutCommand(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withoutCommand);
  // Only pino's own copies have `raw`: other objects attached to an error are left unchanged.
  if (typeof part !== 'object' || part === null || !('raw' in part && part.raw instanceof Error)) return part;
  const kept = Object.entries(part).filter(([name]) => name !== 'command' && name !== 'args');
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutCommand(value)]));
}

/** ISO time for pino, formatted once per millisecond: under load, many lines share one. */
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

/** The line that reports missing lines. */
function lostLine(count: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: 'warn', time, lost: count, msg: 'log lines were dropped: the output did not accept them' })}\n`;
}

function tellUnwritten(count: number): void {
  if (count > 0) writeToStandardError(`${count} log lines could not be written\n`);
}
