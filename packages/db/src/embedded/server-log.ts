import type { Readable } from 'node:stream';

import type { DatabaseLog } from '../database.ts';

/** With this prefix each message is one parsable line: SQLSTATE, PID, severity, text. */
export const LOG_LINE_PREFIX = '%e %p ';

const LINE = /^([0-9A-Z]{5}) (\d+) ([A-Z0-9]+): {2}(.*)$/;
/** Lines that go with the message before them, and messages of statements, whose callers get them as errors. */
const DETAILS = new Set(['DETAIL', 'HINT', 'CONTEXT', 'STATEMENT', 'QUERY', 'LOCATION', 'BACKTRACE']);
/** FATAL ends one session, and these are everyday: a start or stop is under way, or somebody hung up. */
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

/** What one PostgreSQL says about itself on standard error. */
export interface ServerLog {
  /** Resolves when it accepts connections. */
  readonly ready: Promise<void>;
  /** Why it ended, in its own words: its last fatal message with the details, or what else it said last. */
  lastWords(): string;
}

/**
 * Passes PostgreSQL's log on to ours, each message at its level. Messages about single statements stay out: their callers get
 * them as errors, and they may hold people's data.
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
    // Without a severity: the rest of a message, or the system's words (a library that is missing).
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
