import { randomUUID } from 'node:crypto';
import { cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBinaries, initialiseTemporary } from '@alice/db/testing';

const cache = fileURLToPath(new URL('../../../../node_modules/.cache/alice', import.meta.url));

/**
 * Puts a new, empty embedded database into a data directory: a copy of one that is made once for each version of
 * PostgreSQL. It is not durable at a power failure; the migrations are the server's to apply, as at a first start.
 */
export async function copyEmbeddedDatabase(dataDir: string): Promise<void> {
  const { version } = await findBinaries();
  const template = join(cache, `embedded-${version}`);
  if (!(await isThere(template))) await makeTemplate(template);
  await cp(join(template, 'postgresql'), join(dataDir, 'postgresql'), { recursive: true });
}

/** Renamed when whole, so that nobody copies half of one. */
async function makeTemplate(template: string): Promise<void> {
  const draft = `${template}.${randomUUID()}`;
  await mkdir(draft, { recursive: true, mode: 0o700 });
  await initialiseTemporary(draft);
  try {
    await rename(draft, template);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process was faster.
    if (!(await isThere(template))) throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
