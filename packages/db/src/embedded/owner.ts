import { mkdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { tryLock } from './file-lock.ts';

/** Another process has the data directory open. */
export class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse';
  readonly directory: string;
  /** As the owner's PID namespace numbers it; null when the owner has not said it. */
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
/** A new owner writes its name right after it took the lock; on a busy machine that can take a moment. */
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

/** False for a process of another PID namespace, too. */
function isVisible(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Who holds the lock, for the refusal. The file is empty, or names a dead owner, until the new one has written its name; a
 * name that we cannot see may also be that of a process in another container, so it is given after a short wait.
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
 * Makes this process the owner of a data directory, which is made (mode 0700) when missing. Throws `DataDirectoryInUse`, having
 * written nothing, when another process owns it. The kernel keeps the lock, so a dead owner is never in the way; the lock
 * file itself stays, since removing it would let two processes lock two files of one name.
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
    // Emptied, so that nobody reads the name of a process that has gone.
    release: () => (released ??= file.truncate(0).finally(() => lock.release())),
  };
}
