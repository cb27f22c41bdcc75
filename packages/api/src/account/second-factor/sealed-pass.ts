import { createHash } from 'node:crypto';
import type { Deps } from '../../deps.ts';

/** A challenge token: it contains its user and purpose, so nothing is stored until it is used. */
export interface Pass {
  readonly purpose: 'sign-in' | 'confirm' | 'passkey-register' | 'passkey-sign-in' | 'passkey-confirm';
  /** Null: any user. */
  readonly userId: string | null;
  readonly sessionId: string | null;
  /** A value that must not have changed since, such as the password hash. */
  readonly stamp: string | null;
  /** Random: each token is unique. */
  readonly nonce: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

export const passMinutes = 5;
const nonceBytes = 16;

/** Creates a challenge token that is valid for five minutes. */
export function sealPass(
  { sealer, random, clock }: Pick<Deps, 'sealer' | 'random' | 'clock'>,
  content: Pick<Pass, 'purpose' | 'userId' | 'sessionId' | 'stamp'>,
): string {
  const pass: Pass = {
    ...content,
    nonce: random(nonceBytes).toString('base64url'),
    expires: clock.now().getTime() + passMinutes * 60_000,
  };
  return sealer.seal(JSON.stringify(pass));
}

/**
 * Reads a challenge token; null if it is invalid, for another purpose, or expired. It cannot tell whether it was used.
 */
export function openPass(
  { sealer, clock }: Pick<Deps, 'sealer' | 'clock'>,
  sealed: string,
  purpose: Pass['purpose'],
): Pass | null {
  const pass = readPass(sealer, sealed);
  return pass !== null && pass.purpose === purpose && pass.expires > clock.now().getTime() ? pass : null;
}

/** The stored hash of a used token, made from its content: base64url has several spellings for the same bytes. */
export function hashOfPass({ purpose, nonce }: Pass): Buffer {
  return createHash('sha256').update(`${purpose} ${nonce}`).digest();
}

function readPass(sealer: Deps['sealer'], sealed: string): Pass | null {
  try {
    const pass = JSON.parse(sealer.open(sealed)) as Partial<Pass> | null;
    // The guarantee of the cast: it was encrypted here. Other data is encrypted with the same key, and has no nonce.
    return pass !== null && typeof pass.nonce === 'string' ? (pass as Pass) : null;
  } catch {
    return null;
  }
}
