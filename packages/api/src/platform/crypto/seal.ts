import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';

/** Keeps what must be read again (a TOTP secret, a reply that shows a key once) so that the database alone tells nothing. */
export interface Sealer {
  /** Encrypts; the same text never looks the same twice. */
  seal(text: string): string;
  /** Throws when `sealed` was not made by this `seal` with one of the secrets, or was changed since. */
  open(sealed: string): string;
  /**
   * What stands for a text that may hold a password: equal for equal texts, and no use to guess at without the secret
   * (HMAC-SHA-256). Of the first secret alone: a text from before a change of secrets is another.
   */
  fingerprint(text: string): Buffer;
}

const ivBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM (NIST SP 800-38D) with a key derived from each secret (HKDF, RFC 5869). The first seals; all open, so that
 * a secret can be changed.
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
      if (found === undefined) throw new Error('sealed with a secret that this process does not have');
      const bytes = Buffer.from(body, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', found, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      const text = Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]);
      return text.toString('utf8');
    },
  };
}

/** As an object: bytes would be made one again with each use, which costs more than the use. */
function keyOf(secret: string, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', purpose, 32)));
}

/** Tells which secret sealed, and nothing of the secret. */
function nameOf(secret: string): string {
  return createHash('sha256').update(`alice seal ${secret}`).digest('hex').slice(0, 8);
}
