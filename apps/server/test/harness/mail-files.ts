import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestStore } from './test-store.ts';

/** The mails that a server without MAIL_URL has written. */
export async function mailFiles({ dataDir }: TestStore): Promise<string[]> {
  const directory = join(dataDir, 'mail');
  try {
    // Not those that are being written.
    return (await readdir(directory)).filter((name) => name.endsWith('.eml')).map((name) => join(directory, name));
  } catch {
    return [];
  }
}
