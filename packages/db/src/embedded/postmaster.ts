import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import type { DatabaseLog } from '../database.ts';
import { type Binaries, EmbeddedDatabaseError } from './binaries.ts';
import { postgresEnvironment } from './env.ts';
import { exitOf } from './exit-of.ts';
import type { FileLock } from './file-lock.ts';
import type { RunAs } from './run-as.ts';
import { LOG_LINE_PREFIX, readServerLog } from './server-log.ts';

/** The settings of PostgreSQL at each start, which override the files in its directory. */
const SETTINGS = {
  listen_addresses: '',
  // The socket is in PostgreSQL's own directory, which is its working directory: no path is too long, and other users
  // have no access.
  unix_socket_directories: '.',
  port: '5432',
  max_connections: '100',
  shared_buffers: '32MB',
  max_wal_size: '256MB',
  // No replication and no base backups: backups use COPY.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  // A statement of one user uses one core, so the other cores are free for others.
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  TimeZone: 'UTC',
  log_timezone: 'UTC',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_line_prefix: LOG_LINE_PREFIX,
  log_min_messages: 'warning',
  // The text of a failed statement contains user data.
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
  lc_messages: 'C',
} as const;

export interface PostmasterOptions {
  readonly binaries: Binaries;
  readonly runAs: RunAs;
  readonly directory: string;
  /** Held by all PostgreSQL processes until the last one has ended. */
  readonly lock: FileLock;
  readonly log?: DatabaseLog | undefined;
}

/** A running PostgreSQL. */
export interface Postmaster {
  readonly pid: number;
  /** Resolves when the process has ended, with the reason in one line. */
  readonly ended: Promise<string>;
  signal(signal: NodeJS.Signals): void;
}

function describeEnd({ exitCode, signalCode }: ChildProcess, words: string): string {
  const how = signalCode ?? `exit code ${exitCode}`;
  const advice = /shared memory segment/.test(words)
    ? ' (the system is out of shared memory segments: end other PostgreSQL servers, or see "ipcs -m")'
    : '';
  return words === '' ? how : `${words}${advice} (${how})`;
}

function spawnPostgres({ binaries, runAs, directory, lock }: PostmasterOptions): ChildProcess {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command = '', ...args] = [...runAs.prefix, binaries.postgres, '-D', directory, ...settings];
  return spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe', lock.file.fd],
    env: postgresEnvironment(),
    // A session of its own: Ctrl-C in a terminal goes to us, and we stop the database last.
    detached: true,
  });
}

/**
 * Starts PostgreSQL and resolves when it accepts connections, after a crash recovery of any length. Throws
 * `EmbeddedDatabaseError` with PostgreSQL's reason if it stops instead.
 */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const child = spawnPostgres(options);
  if (child.stderr === null) throw new TypeError('PostgreSQL was started without its standard error');
  const serverLog = readServerLog(child.stderr, options.log);
  const ended = exitOf(child).then(
    () => describeEnd(child, serverLog.lastWords()),
    (error: unknown) => String(error),
  );
  const reason = await Promise.race([serverLog.ready, ended]);
  if (reason !== undefined || child.pid === undefined)
    throw new EmbeddedDatabaseError(`the database in ${options.directory} did not start: ${reason}`);
  return {
    pid: child.pid,
    ended,
    signal: (signal) => {
      child.kill(signal);
    },
  };
}

const FAST_SHUTDOWN_MS = 5_000;
const IMMEDIATE_SHUTDOWN_MS = 2_000;

/**
 * Stops PostgreSQL: closes its sessions and writes all data (SIGINT); after 5 s, at once (SIGQUIT). The next start then
 * recovers from the log, as after a crash.
 */
export async function stopPostmaster({ ended, signal }: Postmaster, log?: DatabaseLog): Promise<void> {
  const endsWithin = async (ms: number): Promise<boolean> => {
    const patience = new AbortController();
    const late = sleep(ms, false, { signal: patience.signal }).catch(() => false);
    const isOver = await Promise.race([ended.then(() => true), late]);
    patience.abort();
    return isOver;
  };
  signal('SIGINT');
  if (await endsWithin(FAST_SHUTDOWN_MS)) return;
  log?.warn({}, 'the embedded database did not stop in time and is killed; it recovers at the next start');
  signal('SIGQUIT');
  if (await endsWithin(IMMEDIATE_SHUTDOWN_MS)) return;
  signal('SIGKILL');
  await ended;
}
