import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { maxConnections, openFilesAdvice } from './open-files.ts';

async function withLimit(limit: string): Promise<number | null> {
  const directory = await mkdtemp(join(tmpdir(), 'alice-limits-'));
  const path = join(directory, 'limits');
  try {
    await writeFile(path, `Limit  Soft Limit  Hard Limit  Units\nMax open files            ${limit}   files\n`);
    return await maxConnections(path);
  } finally {
    await rm(directory, { recursive: true });
  }
}

it('reserves file descriptors for everything except connections', async () => {
  expect(await withLimit('1024                 524288')).toBe(896);
  expect(await withLimit('unlimited            unlimited')).toBeNull();
  expect(await maxConnections('/nowhere')).toBeNull();
});

it('refuses to start with too few, and tells how to raise the limit', async () => {
  await expect(withLimit('255                  255')).rejects.toThrow(/limit of open files is 255.*ulimit -n/);
});

it('finds the error at any depth in the chain of causes', () => {
  const error = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
  expect(openFilesAdvice(new Error('no readable migration', { cause: error }))).toContain('ulimit -n');
  expect(openFilesAdvice(new Error('other'))).toBeNull();
});
