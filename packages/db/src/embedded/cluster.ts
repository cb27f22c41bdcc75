import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import pg from 'pg';

import type { DatabaseLog } from '../database.ts';
import { type Binaries, EmbeddedDatabaseError } from './binaries.ts';
import { initialise, inspect, postgresDirectory } from './directory.ts';
import { type FileLock, tryLock } from './file-lock.ts';
import { type Postmaster, startPostmaster, stopPostmaster } from './postmaster.ts';
import { chooseRunAs, giveTo } from './run-as.ts';

export interface ClusterOptions {
  /** Owned by the caller, see `takeOwnership`. */
  readonly dataDir: string;
  readonly binaries: Binaries;
  readonly log?: DatabaseLog | undefined;
}

/** A PostgreSQL of our own that runs until `stop`, and is started again when it ends by itself. */
export interface Cluster {
  readonly url: string;
  /** The process that runs now; another one after a crash. */
  pid(): number;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** A Unix socket's path is cut at 107 bytes (Linux) or 103 (macOS), file name included. */
const LONGEST_SOCKET_PATH = 100;

/** How a client reaches PostgreSQL in `directory`. */
export interface SocketAddress {
  readonly url: string;
  remove(): void;
}

/** The URL of the socket in PostgreSQL's directory; through a link with a short name where the path is too long. */
export function socketAddress(directory: string): SocketAddress {
  const urlOf = (folder: string): string => `postgres://postgres@${encodeURIComponent(folder)}/postgres`;
  if (Buffer.byteLength(join(directory, '.s.PGSQL.5432')) <= LONGEST_SOCKET_PATH)
    return { url: urlOf(directory), remove: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'alice-'));
  const link = join(folder, 'pg');
  symlinkSync(directory, link);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    url: urlOf(link),
    remove: () => {
      process.off('exit', remove);
      remove();
    },
  };
}

const ORPHAN_ENDS_WITHIN_MS = 30_000;
/** Longer than a PostgreSQL takes that the kernel told to end with its ALICE. */
const ENDS_BY_ITSELF_WITHIN_MS = 1_000;

/**
 * Stops the PostgreSQL whose ALICE has died. It is asked over its socket, and signals itself: it may be in another PID
 * namespace, where no number of ours names it.
 */
async function askToEnd(directory: string): Promise<void> {
  const address = socketAddress(directory);
  const client = new pg.Client({ connectionString: address.url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(`COPY (SELECT) TO PROGRAM 'kill -INT "$(head -n 1 postmaster.pid)"'`);
  } catch {
    // It is starting, recovering or ending: it is asked again, or is gone.
  } finally {
    await client.end().catch(() => undefined);
    address.remove();
  }
}

/**
 * Takes the lock that every process of PostgreSQL on this directory holds: once we have it, none of them is alive, in whatever
 * container. An orphan, whose ALICE was killed, is stopped first. Throws when it does not end.
 */
async function takeDatabaseLock(dataDir: string, log?: DatabaseLog): Promise<FileLock> {
  const began = performance.now();
  for (let hasSaid = false; ; ) {
    const lock = await tryLock(join(dataDir, 'postgresql.lock'));
    if (lock !== null) return lock;
    const waited = performance.now() - began;
    if (waited > ORPHAN_ENDS_WITHIN_MS)
      throw new EmbeddedDatabaseError(
        `a PostgreSQL that an earlier ALICE left behind still works on ${postgresDirectory(dataDir)} and does not end: end it`,
      );
    if (waited > ENDS_BY_ITSELF_WITHIN_MS) {
      if (!hasSaid) log?.warn({}, 'an earlier ALICE left its PostgreSQL running: it is stopped first');
      hasSaid = true;
      await askToEnd(postgresDirectory(dataDir));
    }
    await sleep(25);
  }
}

/** PostgreSQL judges these by PID, which another process may have by now; that nobody holds the lock is the better proof. */
async function removeStaleFiles(directory: string): Promise<void> {
  for (const name of ['postmaster.pid', '.s.PGSQL.5432', '.s.PGSQL.5432.lock'])
    await rm(join(directory, name), { force: true });
}

const STEADY_AFTER_MS = 60_000;
const LONGEST_PAUSE_MS = 15_000;
/** From this many ends in a row on, it is called a crash loop. */
const CRASH_LOOP = 3;

/** Opens the PostgreSQL in a data directory, made at the first start, and keeps it running. */
export async function startCluster({ dataDir, binaries, log }: ClusterOptions): Promise<Cluster> {
  const directory = postgresDirectory(dataDir);
  const isThere = await inspect(dataDir, binaries);
  const runAs = await chooseRunAs(binaries, dataDir, directory);

  /** Does something while no process of an earlier PostgreSQL is alive; what it starts inherits the lock. */
  async function locked<T>(work: (lock: FileLock) => Promise<T>): Promise<T> {
    const lock = await takeDatabaseLock(dataDir, log);
    try {
      return await work(lock);
    } finally {
      // PostgreSQL has the file open by now; ours would keep the lock after its end.
      await lock.release();
    }
  }
  const start = (): Promise<Postmaster> =>
    locked(async (lock) => {
      await removeStaleFiles(directory);
      return startPostmaster({ binaries, runAs, directory, lock, log });
    });

  if (!isThere) await locked((lock) => initialise(dataDir, binaries, runAs, lock));
  await giveTo(runAs, directory);
  let postmaster = await start();
  const stopping = new AbortController();

  /** Until the stop: whenever PostgreSQL ends, it is started again, after a pause that grows while it keeps ending. */
  async function supervise(): Promise<void> {
    for (let ends = 0, startedAt = performance.now(); ; ) {
      let reason = await postmaster.ended;
      while (!stopping.signal.aborted) {
        ends = performance.now() - startedAt > STEADY_AFTER_MS ? 1 : ends + 1;
        const pauseMs = ends === 1 ? 0 : Math.min(100 * 2 ** ends, LONGEST_PAUSE_MS);
        const message =
          ends < CRASH_LOOP
            ? 'the embedded database ended by itself and is started again'
            : `the embedded database has ended ${ends} times in a row; it is tried again until it stays`;
        log?.error({ reason, retryInMs: pauseMs }, message);
        await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
        if (stopping.signal.aborted) return;
        startedAt = performance.now();
        try {
          postmaster = await start();
          log?.info({ postgres: postmaster.pid }, 'the embedded database is back');
          break;
        } catch (error) {
          reason = error instanceof Error ? error.message : String(error);
        }
      }
      if (stopping.signal.aborted) return;
    }
  }
  const supervising = supervise();
  const address = socketAddress(directory);

  async function stop(): Promise<void> {
    stopping.abort();
    await stopPostmaster(postmaster, log);
    await supervising;
    // A start that was under way when the stop came.
    await stopPostmaster(postmaster, log);
    address.remove();
  }
  let stopped: Promise<void> | undefined;
  return { url: address.url, pid: () => postmaster.pid, stop: () => (stopped ??= stop()) };
}
