import type { UserContext } from '../../../context.ts';
import { findPasskeys } from './find-passkeys.ts';
import { makeChallenge } from './read-challenge.ts';
import { relyingPartyId, timeoutMs } from './relying-party.ts';
import type { RequestOptionsOut } from './schemas.ts';

/** WebAuthn request options for one of the user's passkeys. Stores nothing. */
export async function createConfirmOptions({ deps, user }: UserContext): Promise<RequestOptionsOut> {
  const rows = await findPasskeys(deps.db, user.id);
  const question = { purpose: 'passkey-confirm', userId: user.id, sessionId: user.sessionId } as const;
  return {
    challenge: Buffer.from(makeChallenge(deps, question)).toString('base64url'),
    timeout: timeoutMs,
    rpId: relyingPartyId(deps.site),
    allowCredentials: rows.map(({ credentialId, transports }) => ({
      id: credentialId,
      type: 'public-key',
      transports,
    })),
    userVerification: 'required',
  };
}
