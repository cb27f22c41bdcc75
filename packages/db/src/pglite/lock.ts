import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';

import { processExists, processStart } from './process-identity.ts';

/**
 * The lock of a data directory: files `postgres.lock.<n>`, of which the highest number counts. It holds its owner's PID, start
 * and host; it is free when empty, or when its owner is dead. Taking it means linking the next number, which the file system
 * lets only one process do; the highest file is never removed, so a number that was seen free cannot come back to life, and
 * of two who take over a dead owner's lock one gets EEXIST. No file is ever seen half-written: it is linked when whole.
 */
const LOCK_FILE = /^postgres\.lock\.(\d+)$/;
const DRAFT_FILE = /^postgres\.lock\.draft-/;

interface Owner {
  readonly pid: number;
  readonly started: string | null;
  readonly host: string;
}

/** Somebody else has the data directory open. */
export class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse';
  readonly directory: string;
  readonly pid: number;

  constructor(directory: string, owner: Owner, lockFile: string) {
    const elsewhere = owner.host !== hostname();
    super(
      `the data directory ${directory} is in use by process ${owner.pid}` +
        (elsewhere ? ` on ${owner.host}; if that machine is gone for good, remove ${lockFile}` : ''),
    );
    this.directory = directory;
    this.pid = owner.pid;
  }
}

export interface DirectoryLock {
  /** Idempotent. */
  release(): Promise<void>;
}

async function list(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

const numberOf = (file: string): number => Number(LOCK_FILE.exec(file)?.[1] ?? 0);

async function highest(directory: string): Promise<number> {
  return (await list(directory)).reduce((top, file) => Math.max(top, numberOf(file)), 0);
}

function readOwner(text: string): Owner | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value) || !('host' in value))
      return null;
    const { pid, started, host } = value;
    if (typeof pid !== 'number' || typeof host !== 'string' || !(typeof started === 'string' || started === null))
      return null;
    return { pid, started, host };
  } catch {
    return null; // released, or cut short by a power failure: nobody owns it
  }
}

/** A process on another machine cannot be looked at, so it counts as living. */
function isAlive(owner: Owner): boolean {
  if (owner.host !== hostname()) return true;
  if (!processExists(owner.pid)) return false;
  const started = processStart(owner.pid);
  return owner.started === null || started === null || owner.started === started;
}

/** Throws when lock number `n` has a living owner. A file that vanished meanwhile was superseded by a higher one. */
async function assertFree(directory: string, n: number): Promise<void> {
  if (n === 0) return;
  const file = join(directory, `postgres.lock.${n}`);
  const text = await readFile(file, 'utf8').catch(() => '');
  const owner = readOwner(text);
  if (owner !== null && isAlive(owner)) throw new DataDirectoryInUse(directory, owner, file);
}

/** Links a file that names us as number `n`; false when somebody was faster. */
async function claim(directory: string, owner: Owner, n: number): Promise<boolean> {
  const draft = join(directory, `postgres.lock.draft-${randomUUID()}`);
  const file = join(directory, `postgres.lock.${n}`);
  await writeFile(draft, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    // ENOENT: whoever was faster took our draft for a dead process's.
    if (error instanceof Error && 'code' in error && (error.code === 'EEXIST' || error.code === 'ENOENT')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  // Our look at the directory may have been so old that `n` had come and gone since.
  if ((await highest(directory)) === n) return true;
  await rm(file, { force: true });
  return false;
}

/**
 * Takes the lock of a data directory, which is made (mode 0700) when missing. A dead owner's lock is taken over.
 * Throws `DataDirectoryInUse`, having written nothing, when its owner lives.
 */
export async function acquireLock(dataDir: string): Promise<DirectoryLock> {
  const directory = resolve(dataDir);
  let n = await highest(directory);
  await assertFree(directory, n);

  await mkdir(directory, { recursive: true, mode: 0o700 });
  const owner: Owner = { pid: process.pid, started: processStart(process.pid), host: hostname() };
  while (!(await claim(directory, owner, n + 1))) {
    n = await highest(directory);
    await assertFree(directory, n);
  }

  const mine = join(directory, `postgres.lock.${n + 1}`);
  // What dead owners and killed takers left behind.
  const old = (await list(directory)).filter(
    (file) => DRAFT_FILE.test(file) || (LOCK_FILE.test(file) && numberOf(file) <= n),
  );
  await Promise.all(old.map((file) => rm(join(directory, file), { force: true })));
  let released: Promise<void> | undefined;
  return { release: () => (released ??= truncate(mine, 0)) };
}
