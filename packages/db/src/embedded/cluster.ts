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

/** An embedded PostgreSQL that runs until `stop`, and is restarted if it stops unexpectedly. */
export interface Cluster {
  readonly url: string;
  /** The current process id; it changes after a crash. */
  pid(): number;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** The path of a Unix socket is limited to 107 bytes (Linux) or 103 (macOS), including the file name. */
const LONGEST_SOCKET_PATH = 100;

/** The address of PostgreSQL in `directory`. */
export interface SocketAddress {
  readonly url: string;
  remove(): void;
}

/**
 * The URL of the socket in PostgreSQL's directory; if the path is too long, through a symbolic link with a short name.
 */
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
/** Longer than PostgreSQL takes to stop after the kernel has told it that ALICE has died. */
const ENDS_BY_ITSELF_WITHIN_MS = 1_000;

/**
 * Stops a PostgreSQL whose ALICE has died. A query through its socket makes it signal itself: it may be in another PID
 * namespace, where our PIDs mean nothing.
 */
async function askToEnd(directory: string): Promise<void> {
  const address = socketAddress(directory);
  const client = new pg.Client({ connectionString: address.url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(`COPY (SELECT) TO PROGRAM 'kill -INT "$(head -n 1 postmaster.pid)"'`);
  } catch {
    // It is starting, recovering or stopping: it is asked again, or has stopped.
  } finally {
    await client.end().catch(() => undefined);
    address.remove();
  }
}

/**
 * Takes the lock that every PostgreSQL process on this directory holds: when we have it, none of them is alive, in any
 * container. Stops an orphaned PostgreSQL first. Throws if it does not stop.
 */
async function takeDatabaseLock(dataDir: string, log?: DatabaseLog): Promise<FileLock> {
  const began = performance.now();
  for (let hasSaid = false; ; ) {
    const lock = await tryLock(join(dataDir, 'postgresql.lock'));
    if (lock !== null) return lock;
    const waited = performance.now() - began;
    if (waited > ORPHAN_ENDS_WITHIN_MS)
      throw new EmbeddedDatabaseError(
        `a PostgreSQL process of an earlier ALICE still uses ${postgresDirectory(dataDir)} and does not stop: stop it`,
      );
    if (waited > ENDS_BY_ITSELF_WITHIN_MS) {
      if (!hasSaid) log?.warn({}, 'stopping the PostgreSQL process of an earlier ALICE');
      hasSaid = true;
      await askToEnd(postgresDirectory(dataDir));
    }
    await sleep(25);
  }
}

/**
 * PostgreSQL checks these files by PID, which may belong to another process by now. The lock proves that they are
 * stale.
 */
async function removeStaleFiles(directory: string): Promise<void> {
  for (const name of ['postmaster.pid', '.s.PGSQL.5432', '.s.PGSQL.5432.lock'])
    await rm(join(directory, name), { force: true });
}

const STEADY_AFTER_MS = 60_000;
const LONGEST_PAUSE_MS = 15_000;
/** After this many consecutive crashes, it is called a crash loop. */
const CRASH_LOOP = 3;

/** Starts the PostgreSQL of a data directory, which is created at the first start, and keeps it running. */
export async function startCluster({ dataDir, binaries, log }: ClusterOptions): Promise<Cluster> {
  const directory = postgresDirectory(dataDir);
  const isThere = await inspect(dataDir, binaries);
  const runAs = await chooseRunAs(binaries, dataDir, directory);

  /** Runs `work` while no earlier PostgreSQL process is alive; processes that it starts inherit the lock. */
  async function locked<T>(work: (lock: FileLock) => Promise<T>): Promise<T> {
    const lock = await takeDatabaseLock(dataDir, log);
    try {
      return await work(lock);
    } finally {
      // PostgreSQL has the file open by now; our handle would keep the lock after its end.
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

  /** Restarts PostgreSQL whenever it stops, until `stop`. The delay grows while it keeps failing. */
  async function supervise(): Promise<void> {
    for (let ends = 0, startedAt = performance.now(); ; ) {
      let reason = await postmaster.ended;
      while (!stopping.signal.aborted) {
        ends = performance.now() - startedAt > STEADY_AFTER_MS ? 1 : ends + 1;
        const pauseMs = ends === 1 ? 0 : Math.min(100 * 2 ** ends, LONGEST_PAUSE_MS);
        const message =
          ends < CRASH_LOOP
            ? 'the embedded database stopped unexpectedly, restarting it'
            : `the embedded database has stopped ${ends} times in a row, restarting it`;
        log?.error({ reason, retryInMs: pauseMs }, message);
        await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
        if (stopping.signal.aborted) return;
        startedAt = performance.now();
        try {
          postmaster = await start();
          log?.info({ postgres: postmaster.pid }, 'the embedded database is running again');
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
    // A start may have been in progress during the stop.
    await stopPostmaster(postmaster, log);
    address.remove();
  }
  let stopped: Promise<void> | undefined;
  return { url: address.url, pid: () => postmaster.pid, stop: () => (stopped ??= stop()) };
}
