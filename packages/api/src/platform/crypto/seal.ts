import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';

/**
 * Encrypts data that must be read again (a TOTP secret, a stored response with a key), so that the database alone
 * reveals nothing.
 */
export interface Sealer {
  /** Encrypts; the same text gives a different result each time. */
  seal(text: string): string;
  /** Throws if `sealed` was not encrypted with one of the secrets, or was modified. */
  open(sealed: string): string;
  /**
   * A keyed hash (HMAC-SHA-256) of a text that may contain a password: equal for equal texts, and useless without the
   * secret. It uses only the first secret: after a rotation, the hash differs.
   */
  fingerprint(text: string): Buffer;
}

const ivBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM (NIST SP 800-38D) with a key derived from each secret (HKDF, RFC 5869). The first secret encrypts, all
 * decrypt, so that a secret can be rotated.
 */
export function createSealer(secrets: readonly [string, ...string[]], random: (size: number) => Buffer): Sealer {
  const keys = new Map(secrets.map((secret) => [nameOf(secret), keyOf(secret, 'alice seal')]));
  const [today] = secrets;
  const name = nameOf(today);
  const key = keyOf(today, 'alice seal');
  const fingerprintKey = keyOf(today, 'alice fingerprint');
  return {
    fingerprint: (text) => createHmac('sha256', fingerprintKey).update(text).digest(),
    seal(text) {
      const iv = random(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const body = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${name}.${body.toString('base64url')}`;
    },
    open(sealed) {
      const [by = '', body = ''] = sealed.split('.');
      const found = keys.get(by);
      if (found === undefined) throw new Error('encrypted with a secret that this process does not have');
      const bytes = Buffer.from(body, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', found, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      const text = Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]);
      return text.toString('utf8');
    },
  };
}

/** A key object: raw bytes would be imported at each use, which costs more than the use. */
function keyOf(secret: string, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', purpose, 32)));
}

/** Identifies the secret without revealing it. */
function nameOf(secret: string): string {
  return createHash('sha256').update(`alice seal ${secret}`).digest('hex').slice(0, 8);
}
