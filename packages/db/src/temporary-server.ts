import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findBinaries } from './embedded/binaries.ts';
import { startCluster } from './embedded/cluster.ts';
import { initialise, postgresDirectory } from './embedded/directory.ts';
import { tryLock } from './embedded/file-lock.ts';
import { takeOwnership } from './embedded/owner.ts';
import { chooseRunAs } from './embedded/run-as.ts';
import { testBinariesFolder } from './env.ts';

/** A PostgreSQL server for a test run or for one command. */
export interface TemporaryServer {
  readonly url: string;
  /** Stops it and deletes its files. */
  remove(): Promise<void>;
}

/** Commits survive a killed process, but not a power failure, which does not matter for a temporary database. */
const NOT_DURABLE = '\nfsync = off\n';

/** Creates a PostgreSQL in `dataDir` that may lose data at a power failure, and is faster. */
export async function initialiseTemporary(dataDir: string): Promise<void> {
  const binaries = await findBinaries(testBinariesFolder());
  const owner = await takeOwnership(dataDir);
  const runAs = await chooseRunAs(binaries, dataDir, postgresDirectory(dataDir));
  const lock = await tryLock(join(dataDir, 'postgresql.lock'));
  if (lock === null) throw new Error(`${dataDir} is in use`);
  await initialise(dataDir, binaries, runAs, lock).finally(() => lock.release());
  await appendFile(join(postgresDirectory(dataDir), 'postgresql.conf'), NOT_DURABLE);
  await owner.release();
}

/** Starts an empty PostgreSQL in a temporary folder, without a server or settings. */
export async function startTemporaryServer(): Promise<TemporaryServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'alice-temporary-'));
  const removeFiles = () => rm(dataDir, { recursive: true, force: true });
  try {
    await initialiseTemporary(dataDir);
    const cluster = await startCluster({ dataDir, binaries: await findBinaries(testBinariesFolder()) });
    return { url: cluster.url, remove: () => cluster.stop().then(removeFiles) };
  } catch (error) {
    await removeFiles();
    throw error;
  }
}
