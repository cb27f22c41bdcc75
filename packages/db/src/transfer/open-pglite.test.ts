import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { fill, fillJobQueue } from '../fixtures/fill.ts';
import { migrate } from '../migrations/index.ts';
import { openDatabase } from '../open.ts';
import { contentOn } from '../testing-places.ts';
import { moveDatabase } from './move-database.ts';
import { servePglite } from './open-pglite.ts';

// The first time npx fetches PGlite.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const say = () => undefined;
let dataDir: string;
let content: Record<string, unknown>;

/** What an ALICE of the PGlite days left: its database in `<data directory>/postgres`, and the lock of an owner that died. */
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'alice-old-'));
  const socket = await mkdtemp(join(tmpdir(), 'alice-socket-'));
  await using database = await servePglite(join(dataDir, 'postgres'), socket, () => rm(socket, { recursive: true }));
  await migrate({ database });
  await fill(database, { tasks: 100 });
  await fillJobQueue(database);
  // Last, as its connection ends with it, and PGlite serves no second one meanwhile.
  content = await contentOn(database);
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function hashOf(directory: string): Promise<string> {
  const hash = createHash('sha256');
  for (const entry of (await readdir(directory, { recursive: true, withFileTypes: true })).toSorted((a, b) =>
    join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1,
  ))
    if (entry.isFile()) hash.update(entry.name).update(await readFile(join(entry.parentPath, entry.name)));
  return hash.digest('hex');
}

test('a PGlite directory is refused while its server runs', async () => {
  const lock = join(dataDir, 'postgres.lock.7');
  await writeFile(lock, JSON.stringify({ pid: process.pid, started: null, host: hostname() }));
  await expect(moveDatabase({ from: { pglite: dataDir }, to: { dataDir }, say })).rejects.toThrow(
    `in use by process ${process.pid}`,
  );
  await writeFile(lock, '');
  expect((await readdir(dataDir)).filter((name) => name.startsWith('postgresql'))).toEqual([]);
});

test('it moves into the embedded database of the same data directory, and is not changed', async () => {
  const before = await hashOf(join(dataDir, 'postgres'));
  await expect(openDatabase({ dataDir })).rejects.toThrow('--from-pglite');
  await moveDatabase({ from: { pglite: join(dataDir, 'postgres') }, to: { dataDir }, say });
  expect(await hashOf(join(dataDir, 'postgres'))).toBe(before);
  expect((await readdir(dataDir)).filter((name) => name.startsWith('transfer'))).toEqual([]);
  await using database = await openDatabase({ dataDir });
  expect(await contentOn(database)).toEqual(content);
});

test('any other directory is refused by name', async () => {
  await expect(moveDatabase({ from: { pglite: tmpdir() }, to: { dataDir }, say })).rejects.toThrow(
    `${tmpdir()} is not a PGlite database`,
  );
});
