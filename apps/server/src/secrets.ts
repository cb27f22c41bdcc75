import { hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from './env.ts';

const fileName = 'secret.key';

/** The secrets that sign access and refresh tokens: today's first, then those that still count. 32 bytes or more each. */
export async function signingSecrets(settings: Settings): Promise<readonly [string, ...string[]]> {
  const today = settings.jwtSecretKey ?? deriveKey(settings.secretKey ?? (await keptSecret(settings.dataDir)), 'jwt');
  return [today, ...settings.jwtPreviousSecretKeys];
}

/** One secret, many keys: each purpose gets its own (HKDF, RFC 5869). */
function deriveKey(secret: string, purpose: string): string {
  return Buffer.from(hkdfSync('sha256', secret, '', `alice ${purpose}`, 32)).toString('base64url');
}

/** The data directory's own secret; made at the first start, readable by its owner only. */
async function keptSecret(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, fileName);
  try {
    // `wx` lets one of two processes that start at once make it; the other reads it.
    const file = await open(path, 'wx', 0o600);
    try {
      const secret = randomBytes(48).toString('base64url');
      await file.writeFile(secret);
      await file.sync();
      return secret;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const secret = await readFile(path, 'utf8');
    if (secret.length < 32) throw new Error(`${path} holds no usable secret: remove it, and everybody signs in again`);
    return secret;
  }
}
