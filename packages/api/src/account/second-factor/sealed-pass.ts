import { createHash } from 'node:crypto';
import type { Deps } from '../../deps.ts';

/** What is handed out and must come back: it says for whom and what for, so nothing is kept until it is used. */
export interface Pass {
  readonly purpose: 'sign-in' | 'confirm' | 'passkey-register' | 'passkey-sign-in' | 'passkey-confirm';
  /** Null: whoever it turns out to be. */
  readonly userId: string | null;
  readonly sessionId: string | null;
  /** What must not have changed since, where there is such a thing. */
  readonly stamp: string | null;
  /** Random: no two are the same. */
  readonly nonce: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

export const passMinutes = 5;
const nonceBytes = 16;

/** Makes a pass that counts for five minutes, as text of the base64url alphabet and a dot. */
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

/** What a pass says; null where it is none of ours, for something else, or has expired. Whether it was used, it cannot say. */
export function openPass(
  { sealer, clock }: Pick<Deps, 'sealer' | 'clock'>,
  sealed: string,
  purpose: Pass['purpose'],
): Pass | null {
  const pass = readPass(sealer, sealed);
  return pass !== null && pass.purpose === purpose && pass.expires > clock.now().getTime() ? pass : null;
}

/** What is kept of a pass that was used. Of what it says, not of its text: base64url has more than one text for the same bytes. */
export function hashOfPass({ purpose, nonce }: Pass): Buffer {
  return createHash('sha256').update(`${purpose} ${nonce}`).digest();
}

function readPass(sealer: Deps['sealer'], sealed: string): Pass | null {
  try {
    const pass = JSON.parse(sealer.open(sealed)) as Partial<Pass> | null;
    // The guarantee of the cast: what opens was sealed here. Other things are sealed too, and have no nonce.
    return pass !== null && typeof pass.nonce === 'string' ? (pass as Pass) : null;
  } catch {
    return null;
  }
}
