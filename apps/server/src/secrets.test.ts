import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from './env.ts';
import { sealingSecrets, signingSecrets } from './secrets.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'alice-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

const strong = 'Zk3v9QxT1mLr7YpB0sDf5HnC8wJ2aGuE6oVi4RzKqXM';
const secretsWith = (environment: Record<string, string>) =>
  signingSecrets(readSettings({ DATA_DIR: dataDir, ...environment }));

describe('signingSecrets', () => {
  it('creates a secret once, readable only by its owner, even when ten processes start at once', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => secretsWith({})));
    expect(new Set(all.map(([secret]) => secret)).size).toBe(1);
    expect(all[0]?.[0].length).toBeGreaterThanOrEqual(32);
    const path = join(dataDir, 'secret.key');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    // What is kept is not what signs.
    expect(await readFile(path, 'utf8')).not.toBe(all[0]?.[0]);
    expect(await secretsWith({})).toEqual(all[0]);
  });

  it('prefers the configured secret, and also accepts the previous keys', async () => {
    const previous = strong.toLowerCase();
    expect(await secretsWith({ JWT_SECRET_KEY: strong, JWT_PREVIOUS_SECRET_KEYS: previous })).toEqual([
      strong,
      previous,
    ]);
    const [derived] = await secretsWith({ SECRET_KEY: strong });
    expect(derived).not.toBe(strong);
    expect(await secretsWith({ SECRET_KEY: strong })).toEqual([derived]);
  });

  it('separates encryption keys from signing keys: after a token key rotation, encrypted data stays readable', async () => {
    const seals = (environment: Record<string, string>) =>
      sealingSecrets(readSettings({ DATA_DIR: dataDir, SECRET_KEY: strong, ...environment }));
    const [today] = await seals({ JWT_SECRET_KEY: strong.toLowerCase() });
    expect(await seals({})).toEqual([today]);
    const newer = [...strong].reverse().join('');
    const [next, ...before] = await seals({ SECRET_KEY: newer, PREVIOUS_SECRET_KEYS: strong });
    expect(before).toEqual([today]);
    expect(next).not.toBe(today);
  });

  it('refuses an incomplete file and names it', async () => {
    await writeFile(join(dataDir, 'secret.key'), '');
    await expect(secretsWith({})).rejects.toThrow(join(dataDir, 'secret.key'));
  });
});
