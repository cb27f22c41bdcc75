import type { PasswordHasher } from './password-hasher.ts';

/**
 * Hashes and compares passwords in Unicode's composed form (NFC, as NIST SP 800-63B-4 section 3.1.1.2 allows), so that
 * the same password typed on different systems is equal. ASCII is not affected.
 */
export function normalisePasswords(hasher: PasswordHasher): PasswordHasher {
  const { requireRoom, hash, verify, verifyNobody, isOutdated } = hasher;
  return {
    requireRoom,
    hash: (password) => hash(toNfc(password)),
    verify: (hashed, password) => verify(hashed, toNfc(password)),
    verifyNobody: (password) => verifyNobody(toNfc(password)),
    isOutdated,
  };
}

export function toNfc(password: string): string {
  return password.normalize('NFC');
}
