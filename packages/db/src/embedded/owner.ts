import { mkdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { tryLock } from './file-lock.ts';

/** Another process uses the data directory. */
export class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse';
  readonly directory: string;
  /** The PID in the owner's PID namespace; null if it is unknown. */
  readonly pid: number | null;

  constructor(directory: string, owner: Owner | null) {
    const elsewhere = owner !== null && owner.host !== hostname() ? ` on ${owner.host}` : '';
    const process = owner === null ? 'another process' : `process ${owner.pid}${elsewhere}`;
    super(`the data directory ${directory} is in use by ${process}`);
    this.directory = directory;
    this.pid = owner?.pid ?? null;
  }
}

interface Owner {
  readonly pid: number;
  readonly host: string;
}

export interface Ownership {
  release(): Promise<void>;
}

const LOCK_FILE = 'owner.lock';
/** A new owner writes its name right after it has taken the lock, which can take a moment on a busy machine. */
const NAMED_WITHIN_MS = 500;

function parseOwner(text: string): Owner | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('host' in value)) return null;
    const { pid, host } = value;
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host } : null;
  } catch {
    return null;
  }
}

/** False also for a process in another PID namespace. */
function isVisible(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * The owner of the lock, for the error. Until a new owner has written its name, the file is empty or names a dead
 * owner. A PID that is not visible may belong to a process in another container, so it is returned after a short wait.
 */
async function readOwner(path: string): Promise<Owner | null> {
  const deadline = performance.now() + NAMED_WITHIN_MS;
  for (;;) {
    const owner = parseOwner(await readFile(path, 'utf8').catch(() => ''));
    if ((owner !== null && isVisible(owner.pid)) || performance.now() > deadline) return owner;
    await sleep(20);
  }
}

/**
 * Makes this process the owner of a data directory, which is created (mode 0700) if missing. Throws
 * `DataDirectoryInUse`, without writing anything, if another process owns it. It is a kernel lock, so a dead owner does
 * not matter. The lock file is kept: otherwise two processes could lock two files with the same name.
 */
export async function takeOwnership(directory: string): Promise<Ownership> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, LOCK_FILE);
  const lock = await tryLock(path);
  if (lock === null) throw new DataDirectoryInUse(directory, await readOwner(path));
  const { file } = lock;
  try {
    await file.truncate(0);
    await file.write(JSON.stringify({ pid: process.pid, host: hostname() }), 0);
  } catch (error) {
    await lock.release();
    throw error;
  }
  let released: Promise<void> | undefined;
  return {
    // Emptied, so that it does not name a process that has ended.
    release: () => (released ??= file.truncate(0).finally(() => lock.release())),
  };
}
