import { constants, createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { BackupReader } from './backup-reader.ts';
import { countLines } from './progress.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Opens a backup: reads it once completely and checks its hash and row counts, so that an incomplete or modified file
 * is rejected before anything is written. The rows come from a second read, which is checked again.
 */
export async function openBackup(file: string): Promise<Snapshot> {
  await access(file, constants.R_OK).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(cause.code === 'ENOENT' ? `${file} does not exist` : `${file} cannot be read`, { cause });
  });
  const first = readerOf(file);
  const manifest = await first.start();
  for (const table of manifest.tables) {
    let rows = 0;
    for await (const chunk of first.rowsOf(table)) rows += countLines(chunk);
    if (rows !== table.rows) throw new Error(`the backup is damaged: ${table.name} has ${rows} of ${table.rows} rows`);
  }
  const hash = await first.end();

  let second: BackupReader | undefined;
  return {
    manifest,
    async *tables() {
      const reader = readerOf(file);
      second = reader;
      await reader.start();
      for (const table of manifest.tables)
        yield { table, rows: Readable.from(reader.rowsOf(table), { objectMode: false }) };
    },
    verify: async () => {
      if ((await second?.end()) !== hash) throw new Error('the backup changed while it was being read');
    },
    [Symbol.asyncDispose]: async () => second?.close(),
  };
}

function readerOf(file: string): BackupReader {
  // The reader gets the errors of both through the stream that it reads.
  const text = pipeline(createReadStream(file), createGunzip(), () => undefined);
  return new BackupReader(text[Symbol.asyncIterator]());
}
