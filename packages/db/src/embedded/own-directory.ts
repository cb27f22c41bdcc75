import { resolve } from 'node:path';

import { type Binaries, findBinaries } from './binaries.ts';
import { inspect } from './directory.ts';
import { takeOwnership } from './owner.ts';

/** A data directory that this process owns, with the programs that open its database. */
export interface OwnedDirectory {
  /** An absolute path. */
  readonly dataDir: string;
  readonly binaries: Binaries;
  /** Gives up the ownership. Idempotent. */
  release(): Promise<void>;
}

export interface DirectoryOptions {
  readonly dataDir: string;
  /** An unpacked package with PostgreSQL's programs, for another major version than the installed one. */
  readonly binaries?: string;
}

/**
 * Makes this process the owner of a data directory whose database it can open. Throws `DataDirectoryInUse` if another
 * process owns it, `EmbeddedDatabaseError` if the embedded PostgreSQL cannot run or open it. Loads no database driver.
 */
export async function ownDirectory(options: DirectoryOptions): Promise<OwnedDirectory> {
  const dataDir = resolve(options.dataDir);
  const binaries = await findBinaries(options.binaries);
  // Before anything is written: a directory that cannot be opened stays unchanged.
  await inspect(dataDir, binaries);
  const { release } = await takeOwnership(dataDir);
  return { dataDir, binaries, release };
}
