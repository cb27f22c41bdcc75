import { hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from './env.ts';

const fileName = 'secret.key';

/**
 * The secrets that sign access and refresh tokens: the current one first, then earlier ones that are still valid. At
 * least 32 bytes each.
 */
export async function signingSecrets(settings: Settings): Promise<readonly [string, ...string[]]> {
  const today = settings.jwtSecretKey ?? deriveKey(settings.secretKey ?? (await keptSecret(settings.dataDir)), 'jwt');
  return [today, ...settings.jwtPreviousSecretKeys];
}

/** The secrets that encrypt data in the database: the current one first, then earlier ones that can still decrypt. */
export async function sealingSecrets(settings: Settings): Promise<readonly [string, ...string[]]> {
  const today = settings.secretKey ?? (await keptSecret(settings.dataDir));
  return [deriveKey(today, 'seal'), ...settings.previousSecretKeys.map((secret) => deriveKey(secret, 'seal'))];
}

/** One secret, several keys: each purpose gets its own (HKDF, RFC 5869). */
function deriveKey(secret: string, purpose: string): string {
  return Buffer.from(hkdfSync('sha256', secret, '', `alice ${purpose}`, 32)).toString('base64url');
}

/** The secret in the data directory; generated at the first start, readable by its owner only. */
async function keptSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, fileName);
  const secret = (await readIfThere(path)) ?? (await makeSecret(dataDir, path));
  if (secret.length < 32)
    throw new Error(`${path} contains no valid secret: remove it (all users will have to sign in again)`);
  return secret;
}

/**
 * Written to another file and linked when complete: of two processes that start at once, one wins, and no partial
 * secret is ever visible.
 */
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
