import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { contentOf, makeFilledPlace, makePlace, on, type Place } from '../testing-places.ts';
import { backupDatabase, restoreDatabase } from './backup-database.ts';
import { BackupReader } from './backup-reader.ts';

let filled: Awaited<ReturnType<typeof makeFilledPlace>>;
let content: Record<string, unknown>;
let dir: string;
let whole: string;
let to: Place;
const said: string[] = [];
const say = (line: string) => said.push(line);

// Databases are made and dropped for each test: on a busy machine that takes a while.
vi.setConfig({ testTimeout: 60_000 });

beforeAll(async () => {
  filled = await makeFilledPlace();
  content = await contentOf(filled);
  dir = await mkdtemp(join(tmpdir(), 'alice-backup-'));
  whole = join(dir, 'whole.backup');
  await backupDatabase({ from: filled, file: whole, say });
});
beforeEach(async () => {
  to = await makePlace();
});
afterEach(() => to.remove());
afterAll(async () => {
  await filled.remove();
  await rm(dir, { recursive: true, force: true });
});

describe('a backup', () => {
  test('is one file readable only by its owner, and restores the same data', async () => {
    expect((await stat(whole)).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['whole.backup']);
    const text = gunzipSync(await readFile(whole)).toString();
    const [header, manifest = '{}'] = text.split('\n');
    expect(header).toBe('ALICE backup, format 1');
    expect(JSON.parse(manifest)).toMatchObject({ alice: '0.1.0', jobQueue: expect.any(Number) });
    expect(text).toMatch(/\nEND sha256 [\da-f]{64}\n$/);

    await restoreDatabase({ file: whole, to, say });
    expect(await contentOf(to)).toEqual(content);
    expect(said).toContainEqual(
      expect.stringMatching(/^the backup is complete: created \S+ by ALICE 0\.1\.0 from PostgreSQL 1\d/),
    );
  });

  test('is a consistent snapshot, while users continue to write', async () => {
    const busy = await makePlace(filled);
    const file = join(dir, 'busy.backup');
    await on(busy, async (database) => {
      const text = `WITH n AS (INSERT INTO users (id, email, name, password_hash, created_at, updated_at)
                      VALUES (gen_random_uuid(), gen_random_uuid()::text, 'n', 'h', now(), now()) RETURNING id)
                    INSERT INTO change_counters (user_id) SELECT id FROM n`;
      let writes = 0;
      let isDone = false;
      const writing = (async () => {
        while (!isDone) {
          await database.query({ text }, []);
          writes += 1;
        }
      })();
      await backupDatabase({ from: busy, file, say });
      isDone = true;
      await writing;
      expect(writes).toBeGreaterThan(1);
    });
    await restoreDatabase({ file, to, say });
    const restored = await contentOf(to);
    expect(restored['users']).toMatchObject({ rows: (restored['change_counters'] as { rows: number }).rows });
    await busy.remove();
  });

  test('overwrites no file, and leaves no partial file', async () => {
    await writeFile(join(dir, 'mine'), 'mine');
    await expect(backupDatabase({ from: filled, file: join(dir, 'mine'), say })).rejects.toThrow('already exists');
    expect(await readFile(join(dir, 'mine'), 'utf8')).toBe('mine');
    await expect(backupDatabase({ from: to, file: join(dir, 'none'), say })).rejects.toThrow(
      'is not an ALICE database',
    );
    const failing = (line: string) => {
      if (line.startsWith('tasks')) throw new Error('no space left');
    };
    await expect(backupDatabase({ from: filled, file: join(dir, 'none'), say: failing })).rejects.toThrow(
      'no space left',
    );
    expect((await readdir(dir)).filter((name) => name.startsWith('none'))).toEqual([]);
  });

  test('is not restored into a database that contains data', async () => {
    await restoreDatabase({ file: whole, to, say });
    await expect(restoreDatabase({ file: whole, to, say })).rejects.toThrow('the target is not empty');
    expect(await contentOf(to)).toEqual(content);
  });
});

describe('before anything is written, restore', () => {
  const refusal = async (spoilt: Uint8Array, message: RegExp): Promise<void> => {
    const file = join(dir, 'spoilt.backup');
    await writeFile(file, spoilt);
    await expect(restoreDatabase({ file, to, say })).rejects.toThrow(message);
    expect(await contentOf(to)).toEqual({});
  };
  /** The same file with other text in it, and an honest hash unless it is said otherwise. */
  const rewritten = (change: (text: string) => string, hashAgain: boolean): Buffer => {
    const text = gunzipSync(bytes).toString('latin1');
    const changed = change(text);
    if (!hashAgain) return gzipSync(Buffer.from(changed, 'latin1'));
    const body = Buffer.from(changed.replace(/END sha256 .*\n$/, ''), 'latin1');
    return gzipSync(
      Buffer.concat([body, Buffer.from(`END sha256 ${createHash('sha256').update(body).digest('hex')}\n`)]),
    );
  };
  let bytes: Buffer;
  beforeAll(async () => {
    bytes = await readFile(whole);
  });

  test('detects a truncated file, at any position', async () => {
    for (const share of [0.1, 0.5, 0.9]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share));
      await refusal(cut, /damaged/);
    }
    await refusal(bytes.subarray(0, -1), /damaged/);
    const text = gunzipSync(bytes);
    await refusal(gzipSync(text.subarray(0, text.indexOf('END sha256'))), /damaged \(unexpected end\)/);
  });

  test('detects a changed byte, or data after the end', async () => {
    for (const share of [0.2, 0.6, 0.95]) {
      const changed = Buffer.from(bytes);
      const at = Math.floor(changed.length * share);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await refusal(changed, /damaged/);
    }
    await refusal(
      rewritten((text) => text.replace('Task 17\t', 'Task 71\t'), false),
      /damaged \(wrong hash\)/,
    );
    await refusal(Buffer.concat([bytes, gzipSync('more')]), /damaged \(unexpected data after its end\)/);
  });

  test('detects a missing row by its count; with a correct hash but other rows, by comparison', async () => {
    await refusal(
      rewritten((text) => text.replace(/^.*\tTask 17\t.*\n/m, ''), true),
      /tasks has 199 of 200 rows/,
    );
    await refusal(
      rewritten((text) => text.replace('Task 17\t', 'Task 71\t'), true),
      /^tasks differs/,
    );
  });

  test('refuses a file that is not a backup', async () => {
    await refusal(Buffer.from('SELECT 1'), /not an ALICE backup/);
    await refusal(Buffer.alloc(0), /not an ALICE backup/);
    await refusal(gzipSync('ALICE backup, format 2\n{}\n'), /another format .*format 2/);
    await expect(restoreDatabase({ file: join(dir, 'nowhere'), to, say })).rejects.toThrow('does not exist');
  });
});

test('rows are read as they were written, for any division of the file into chunks', async () => {
  const line = fc.stringMatching(/^[\\.\tab]{0,8}$/).filter((text) => text !== '\\.');
  const table = { schema: 'public', name: 't', columns: ['c'] };
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.integer({ min: 1, max: 20 }), async (lines, size) => {
      const rows = lines.map((text) => `${text}\n`).join('');
      const text = Buffer.from(`ALICE backup, format 1\n{}\nTABLE public.t\n${rows}\\.\nTABLE public.t\n\\.\n`);
      async function* pieces() {
        for (let at = 0; at < text.length; at += size) yield text.subarray(at, at + size);
      }
      const reader = new BackupReader(pieces());
      await reader.start();
      let read = '';
      for await (const chunk of reader.rowsOf(table)) read += chunk.toString();
      expect(read).toBe(rows);
      for await (const chunk of reader.rowsOf(table)) read += chunk.toString();
      expect(read).toBe(rows);
    }),
  );
});
