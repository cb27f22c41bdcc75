import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { PGlite } from '@electric-sql/pglite';

const HALF_MADE = /^postgres\.new-/;

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * The directory of PGlite's files, `<dataDir>/postgres`; made when missing. The caller holds the lock of `dataDir`.
 * The first initialisation happens beside it and is renamed when whole, so a killed first start leaves nothing that looks
 * like a database; its remains are removed here.
 */
export async function prepareDataDirectory(dataDir: string): Promise<string> {
  const parent = resolve(dataDir);
  const directory = join(parent, 'postgres');
  const remains = (await readdir(parent)).filter((name) => HALF_MADE.test(name));
  await Promise.all(remains.map((name) => rm(join(parent, name), { recursive: true, force: true })));

  if (await exists(directory)) {
    if (!(await exists(join(directory, 'PG_VERSION')))) {
      throw new Error(`${directory} is not a database (PG_VERSION is missing): move it away and start again`);
    }
    return directory;
  }
  const draft = join(parent, `postgres.new-${randomUUID()}`);
  await mkdir(draft, { mode: 0o700 });
  const pglite = await PGlite.create(draft);
  await pglite.close();
  await rename(draft, directory);
  return directory;
}
