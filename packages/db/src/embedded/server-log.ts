import type { Readable } from 'node:stream';

import type { DatabaseLog } from '../database.ts';

/** With this prefix, each message is one line that can be parsed: SQLSTATE, PID, severity, text. */
export const LOG_LINE_PREFIX = '%e %p ';

const LINE = /^([0-9A-Z]{5}) (\d+) ([A-Z0-9]+): {2}(.*)$/;
/** Lines that belong to the previous message. */
const DETAILS = new Set(['DETAIL', 'HINT', 'CONTEXT', 'STATEMENT', 'QUERY', 'LOCATION', 'BACKTRACE']);
/** FATAL ends one session. These codes are normal: a start or shutdown in progress, or a disconnected client. */
const EVERYDAY = new Set(['57P01', '57P02', '57P03', '08006', '08P01']);
const CRASH =
  /was terminated by signal|exited with exit code|not properly shut down|reinitializing|could not|No space left/;

const READY = 'database system is ready to accept connections';

type Level = 'debug' | 'info' | 'warn' | 'error';

function levelOf(severity: string, state: string, text: string): Level {
  switch (severity) {
    case 'PANIC':
      return 'error';
    case 'FATAL':
      return EVERYDAY.has(state) ? 'debug' : 'error';
    case 'WARNING':
      return 'warn';
    default:
      return CRASH.test(text) ? 'warn' : 'debug';
  }
}

/** The log of a PostgreSQL process on standard error. */
export interface ServerLog {
  /** Resolves when it accepts connections. */
  readonly ready: Promise<void>;
  /** Why it stopped: its last fatal message with details, or its last other messages. */
  lastWords(): string;
}

/**
 * Forwards PostgreSQL's log to ours, each message with its level. Messages about statements are left out: their callers
 * get them as errors, and they may contain user data.
 */
export function readServerLog(stderr: Readable, log: DatabaseLog | undefined): ServerLog {
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  let rest = '';
  let last: string[] = [];
  let isAboutStatement = false;

  function readLine(line: string): void {
    if (line === '') return;
    const [, state = '', pid = '', severity = '', text = line] = LINE.exec(line) ?? [];
    if (DETAILS.has(severity)) {
      if (!isAboutStatement) last.push(text);
      return;
    }
    isAboutStatement = severity === 'ERROR';
    if (isAboutStatement) return;
    // Without a severity: the rest of a message, or a message of the system (such as a missing library).
    if (severity === '') {
      last = [...last.slice(-5), line.trim()];
      return;
    }
    if (severity === 'FATAL' || severity === 'PANIC') last = [text];
    if (text === READY) {
      last = [];
      resolve();
    }
    log?.[levelOf(severity, state, text)]({ postgres: Number(pid), state }, `PostgreSQL: ${text}`);
  }

  stderr.setEncoding('utf8');
  stderr.on('data', (chunk: string) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = (lines.pop() ?? '').slice(0, 10_000);
    for (const line of lines) readLine(line);
  });
  stderr.on('end', () => readLine(rest));
  stderr.on('error', () => undefined);
  return { ready, lastWords: () => last.join('; ').slice(0, 500) };
}
