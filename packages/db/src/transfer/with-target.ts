import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Database } from '../database.ts';
import { majorOf, postgresDirectory } from '../embedded/directory.ts';
import { takeOwnership } from '../embedded/owner.ts';
import type { Location } from '../env.ts';
import { openLocation } from './open-location.ts';
import { syncDirectory } from './sync-directory.ts';

const DRAFT = /^transfer-[\da-f-]{36}$/;

/**
 * Opens the target of a transfer for `work`. A new embedded database is created in another folder and renamed after
 * `work`: if anything fails, the next start finds the earlier state, not an empty database.
 */
export async function withTarget(location: Location, work: (database: Database) => Promise<void>): Promise<void> {
  if ('url' in location || (await majorOf(postgresDirectory(location.dataDir))) !== null) {
    await using database = await openLocation(location, 'alone');
    await work(database);
    return;
  }
  const { dataDir } = location;
  const owner = await takeOwnership(dataDir);
  const draft = join(dataDir, `transfer-${randomUUID()}`);
  try {
    await removeDrafts(dataDir);
    await openLocation({ dataDir: draft }, 'alone').then(async (database) => {
      await using target = database;
      await work(target);
    });
    await rename(postgresDirectory(draft), postgresDirectory(dataDir));
    await syncDirectory(dataDir);
  } finally {
    await rm(draft, { recursive: true, force: true });
    await owner.release();
  }
}

/** Leftovers of a killed transfer. */
async function removeDrafts(dataDir: string): Promise<void> {
  const names = (await readdir(dataDir)).filter((name) => DRAFT.test(name));
  await Promise.all(names.map((name) => rm(join(dataDir, name), { recursive: true, force: true })));
}
