import { createHash } from 'node:crypto';

/** Crockford's base32: no letters that look like digits. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const letters = 16;
const group = 4;

export const recoveryCodeCount = 10;

/** A recovery code with 80 random bits: `k7mq-2x9d-4h1n-p0ws`. */
export function makeRecoveryCode(random: (size: number) => Buffer): string {
  const text = [...random(letters)].map((byte) => alphabet[byte % alphabet.length]).join('');
  return text.replace(new RegExp(`.{${group}}(?=.)`, 'g'), '$&-');
}

/** The stored hash of a code. Case, dashes and spaces are ignored, and the letter O is read as zero. */
export function hashRecoveryCode(userId: string, code: string): Buffer {
  const plain = code.toLowerCase().replace(/[-\s]/g, '').replace(/o/g, '0').replace(/[il]/g, '1');
  return createHash('sha256').update(`${userId} ${plain}`).digest();
}
