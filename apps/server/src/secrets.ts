import { hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from './env.ts';

const fileName = 'secret.key';

/** The secrets that sign access and refresh tokens: today's first, then those that still count. 32 bytes or more each. */
export async function signingSecrets(settings: Settings): Promise<readonly [string, ...string[]]> {
  const today = settings.jwtSecretKey ?? deriveKey(settings.secretKey ?? (await keptSecret(settings.dataDir)), 'jwt');
  return [today, ...settings.jwtPreviousSecretKeys];
}

/** The secrets that seal what the database keeps for longer than tokens live: today's first, then those that still open. */
export async function sealingSecrets(settings: Settings): Promise<readonly [string, ...string[]]> {
  const today = settings.secretKey ?? (await keptSecret(settings.dataDir));
  return [deriveKey(today, 'seal'), ...settings.previousSecretKeys.map((secret) => deriveKey(secret, 'seal'))];
}

/** One secret, many keys: each purpose gets its own (HKDF, RFC 5869). */
function deriveKey(secret: string, purpose: string): string {
  return Buffer.from(hkdfSync('sha256', secret, '', `alice ${purpose}`, 32)).toString('base64url');
}

/** The data directory's own secret; made at the first start, readable by its owner only. */
async function keptSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, fileName);
  const secret = (await readIfThere(path)) ?? (await makeSecret(dataDir, path));
  if (secret.length < 32) throw new Error(`${path} holds no usable secret: remove it, and everybody signs in again`);
  return secret;
}

/** Written beside and linked when whole: of two that start at once one wins, and nobody ever sees half a secret. */
async function makeSecret(dataDir: string, path: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, randomBytes(48).toString('base64url'), { mode: 0o600, flush: true });
  try {
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft);
  }
  return readFile(path, 'utf8');
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
