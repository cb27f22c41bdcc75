import type { Context } from '../../../context.ts';
import { makeChallenge } from './read-challenge.ts';
import { relyingPartyId, timeoutMs } from './relying-party.ts';
import type { RequestOptionsOut } from './schemas.ts';

/** WebAuthn request options for a sign-in with any passkey. Reads and stores nothing. */
export function createSignInOptions({ deps }: Context): RequestOptionsOut {
  const challenge = makeChallenge(deps, { purpose: 'passkey-sign-in', userId: null, sessionId: null });
  return {
    challenge: Buffer.from(challenge).toString('base64url'),
    timeout: timeoutMs,
    rpId: relyingPartyId(deps.site),
    allowCredentials: [],
    userVerification: 'required',
  };
}
