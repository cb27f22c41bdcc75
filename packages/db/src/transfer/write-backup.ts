import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import { END_OF_ROWS, endLine, HEADER, tableLine } from './backup-format.ts';
import { startProgress } from './progress.ts';
import type { Snapshot } from './snapshot.ts';
import { syncDirectory } from './sync-directory.ts';

/**
 * Writes a snapshot into a new file (mode 0600): to another name first, renamed when it is complete and synced. Returns
 * its size in bytes. Throws if the file exists.
 */
export async function writeBackup(snapshot: Snapshot, file: string, say: (line: string) => void): Promise<number> {
  const path = resolve(file);
  if (await exists(path)) throw new Error(`${path} already exists: use another file name`);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.partial-${process.pid}`;
  try {
    const written = createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true });
    await pipeline(contentOf(snapshot, say), createGzip(), written);
    await snapshot.verify();
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  await syncDirectory(dirname(path));
  return (await stat(path)).size;
}

async function* contentOf(snapshot: Snapshot, say: (line: string) => void): AsyncGenerator<Buffer> {
  const { manifest } = snapshot;
  const hash = createHash('sha256');
  const hashed = (part: Buffer | string): Buffer => {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    hash.update(bytes);
    return bytes;
  };
  yield hashed(`${HEADER}\n${JSON.stringify(manifest)}\n`);
  const progress = startProgress(manifest.tables, say);
  for await (const { table, rows } of snapshot.tables()) {
    yield hashed(`${tableLine(table)}\n`);
    for await (const chunk of rows) {
      progress.add(table, chunk);
      yield hashed(chunk);
    }
    yield hashed(END_OF_ROWS);
    progress.finish(table);
  }
  yield Buffer.from(`${endLine(hash.digest('hex'))}\n`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
