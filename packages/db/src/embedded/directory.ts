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

/** The directory's major version; null when there is no directory. Throws when it holds something else than a database. */
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
      `${directory} is not a database (PG_VERSION is missing): move it away and start again`,
    );
  return major;
}

/** Refuses what this version cannot open, in one sentence, with nothing touched. Gives whether there is a database. */
export async function inspect(dataDir: string, { major }: Binaries): Promise<boolean> {
  const directory = postgresDirectory(dataDir);
  const found = await majorOf(directory);
  if (found === major) return true;
  if (found !== null)
    throw new EmbeddedDatabaseError(
      `${directory} is a database of PostgreSQL ${found}, and this version of ALICE brings PostgreSQL ${major}: ` +
        `move it with "pnpm db:move --from ${dataDir} --to <a new directory>" (docs/operating.md)`,
    );
  const old = join(dataDir, 'postgres');
  if (await exists(join(old, 'PG_VERSION')))
    throw new EmbeddedDatabaseError(
      `${old} is a database of PGlite, which earlier versions of ALICE used: move it with "pnpm db:move --from-pglite ${old}" ` +
        '(docs/operating.md), or move it away to begin with an empty one',
    );
  return false;
}

/** Makes what was renamed survive a power failure. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function runInitdb(binaries: Binaries, { prefix }: RunAs, directory: string, lock: FileLock): Promise<void> {
  // A collation by code point that PostgreSQL brings itself: an update of the system's cannot spoil an index.
  const locale = binaries.major >= 17 ? ['--locale-provider=builtin', '--locale=C.UTF-8'] : ['--locale=C.UTF-8'];
  const [command = '', ...args] = [
    ...prefix,
    binaries.initdb,
    `--pgdata=${directory}`,
    '--username=postgres',
    // Only who may enter the directory (mode 0700) reaches the socket in it.
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
    throw new EmbeddedDatabaseError(`cannot make a database in ${directory}: ${reason.join('; ') || said.trim()}`);
  }
}

/**
 * Makes a new database in `<dataDir>/postgresql`. It is made beside and renamed when whole, so a start that is killed leaves
 * nothing that looks like a database. The caller owns `dataDir` and holds `lock`, which initdb's processes inherit: those of a
 * killed start write on for a moment.
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

/** What a killed first start left behind. */
async function removeHalfMade(dataDir: string): Promise<void> {
  const names = (await readdir(dataDir)).filter((name) => HALF_MADE.test(name));
  await Promise.all(names.map((name) => rm(join(dataDir, name), { recursive: true, force: true })));
}
