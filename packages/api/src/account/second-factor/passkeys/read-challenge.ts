import type { Deps } from '../../../deps.ts';
import { openPass, type Pass, sealPass } from '../sealed-pass.ts';

export type ChallengePurpose = 'passkey-register' | 'passkey-sign-in' | 'passkey-confirm';

/** The user, the session and the purpose of a challenge. */
export type Question = Pick<Pass, 'userId' | 'sessionId'> & { readonly purpose: ChallengePurpose };

/** A challenge is a signed token: unanswered challenges are not stored. */
export function makeChallenge(
  deps: Pick<Deps, 'sealer' | 'random' | 'clock'>,
  question: Question,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(sealPass(deps, { ...question, stamp: null })));
}

/** Reads the challenge from the client data; null if it is not one of ours or has expired. */
export function readChallenge(
  deps: Pick<Deps, 'sealer' | 'clock'>,
  clientDataJSON: string,
  purpose: ChallengePurpose,
): { readonly challenge: string; readonly pass: Pass } | null {
  const challenge = challengeIn(clientDataJSON);
  if (challenge === null) return null;
  const pass = openPass(deps, Buffer.from(challenge, 'base64url').toString(), purpose);
  return pass === null ? null : { challenge, pass };
}

function challengeIn(clientDataJSON: string): string | null {
  try {
    const data: unknown = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString());
    const isObject = typeof data === 'object' && data !== null && 'challenge' in data;
    return isObject && typeof data.challenge === 'string' ? data.challenge : null;
  } catch {
    return null;
  }
}
