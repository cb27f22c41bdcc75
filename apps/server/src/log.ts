import { type DestinationStream, type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Settings } from './env.ts';
import { LogOutput, openOutput, writeToStandardError } from './log-output.ts';

/** Never written, wherever they stand in a logged object. */
const secrets = ['password', 'accessToken', 'refreshToken', 'authorization', 'cookie', 'token', 'secret'];

export interface ServerLog {
  readonly log: Logger;
  /** For the one line of each request: its fields are fixed and hold no secret, so nothing is looked for in them. */
  readonly accessLog: Logger;
  /** Writes what is still in memory, within a second; standard error says what could not be written. */
  close(): Promise<void>;
  /** The same where nothing can be awaited: writes what is taken at once. */
  closeNow(): void;
}

type LogSettings = Pick<Settings, 'appEnv' | 'logLevel'>;

/** JSON lines on standard output, buffered for a moment; coloured lines for a developer at a terminal. */
export function createLog(settings: LogSettings): ServerLog {
  const isForPeople = settings.appEnv !== 'production' && process.stdout.isTTY;
  const format = isForPeople ? prettyFactory({ colorize: true }) : String;
  const output = new LogOutput(openOutput(process.stdout), (count) => format(lostLine(count)));
  const closeNow = () => {
    process.off('exit', closeNow);
    tellUnwritten(output.closeNow());
  };
  process.once('exit', closeNow);
  // Nobody reads it, or its disk is full: no reason to end.
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

/** Both loggers, writing to one place. */
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

/** The line that stands in the log where lines are missing. */
function lostLine(count: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: 'warn', time, lost: count, msg: 'log lines were dropped: output was not taken' })}\n`;
}

function tellUnwritten(count: number): void {
  if (count > 0) writeToStandardError(`${count} lines of the log could not be written\n`);
}
