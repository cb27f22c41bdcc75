import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { type Binaries, EmbeddedDatabaseError } from './binaries.ts';
import { postgresEnvironment } from './env.ts';
import { exitOf } from './exit-of.ts';
import type { FileLock } from './file-lock.ts';
import { giveTo, type RunAs } from './run-as.ts';

const HALF_MADE = /^postgresql\.new-/;

/** PostgreSQL's files in a data directory. */
export function postgresDirectory(dataDir: string): string {
  return join(dataDir, 'postgresql');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The major version of the directory; null if it does not exist. Throws if it is not a database. */
export async function majorOf(directory: string): Promise<number | null> {
  if (!(await exists(directory))) return null;
  const version = await readFile(join(directory, 'PG_VERSION'), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES')
      throw new EmbeddedDatabaseError(`${directory} belongs to another user: start ALICE as its owner`);
    return '';
  });
  const major = Number.parseInt(version, 10);
  if (Number.isNaN(major))
    throw new EmbeddedDatabaseError(
      `${directory} is not a database (PG_VERSION is missing): move this directory away and start again`,
    );
  return major;
}

/** Throws if this version cannot open the directory, without changing anything. Returns whether there is a database. */
export async function inspect(dataDir: string, { major }: Binaries): Promise<boolean> {
  const directory = postgresDirectory(dataDir);
  const found = await majorOf(directory);
  if (found === major) return true;
  if (found !== null)
    throw new EmbeddedDatabaseError(
      `${directory} is a database of PostgreSQL ${found}, but this version of ALICE includes PostgreSQL ${major}: ` +
        `migrate it with "pnpm db:move --from ${dataDir} --to <a new directory>" (docs/operating.md)`,
    );
  const old = join(dataDir, 'postgres');
  if (await exists(join(old, 'PG_VERSION')))
    throw new EmbeddedDatabaseError(
      `${old} is a database of PGlite, which earlier versions of ALICE used: migrate it with "pnpm db:move --from-pglite ${old}" ` +
        '(docs/operating.md), or move it away to start with an empty database',
    );
  return false;
}

/** Makes a rename survive a power failure. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function runInitdb(binaries: Binaries, { prefix }: RunAs, directory: string, lock: FileLock): Promise<void> {
  // PostgreSQL's builtin collation by code point: an update of the system's collations cannot corrupt an index.
  const locale = binaries.major >= 17 ? ['--locale-provider=builtin', '--locale=C.UTF-8'] : ['--locale=C.UTF-8'];
  const [command = '', ...args] = [
    ...prefix,
    binaries.initdb,
    `--pgdata=${directory}`,
    '--username=postgres',
    // Only users with access to the directory (mode 0700) can use its socket.
    '--auth=trust',
    '--encoding=UTF8',
    '--data-checksums',
    '--no-instructions',
    ...locale,
  ];
  const stdio = ['ignore', 'ignore', 'pipe', lock.file.fd] as const;
  const child = spawn(command, args, { stdio: [...stdio], env: postgresEnvironment() });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-4_000);
  });
  const code = await exitOf(child);
  if (code !== 0) {
    const reason = said.split('\n').filter((line) => /error|fatal|could not/i.test(line));
    throw new EmbeddedDatabaseError(`cannot create a database in ${directory}: ${reason.join('; ') || said.trim()}`);
  }
}

/**
 * Creates a database in `<dataDir>/postgresql`. It is created in another folder and renamed when complete, so a killed
 * start leaves nothing that looks like a database. The caller owns `dataDir` and holds `lock`. initdb's processes
 * inherit the lock, since they may write for a moment after a killed start.
 */
export async function initialise(dataDir: string, binaries: Binaries, runAs: RunAs, lock: FileLock): Promise<void> {
  await removeHalfMade(dataDir);
  const draft = join(dataDir, `postgresql.new-${randomUUID()}`);
  try {
    await mkdir(draft, { mode: 0o700 });
    await giveTo(runAs, draft);
    await runInitdb(binaries, runAs, draft, lock);
    await rename(draft, postgresDirectory(dataDir));
    await syncDirectory(dataDir);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Leftovers of a killed first start. */
async function removeHalfMade(dataDir: string): Promise<void> {
  const names = (await readdir(dataDir)).filter((name) => HALF_MADE.test(name));
  await Promise.all(names.map((name) => rm(join(dataDir, name), { recursive: true, force: true })));
}
