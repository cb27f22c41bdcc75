import { type Rows, rowOf, sql } from '@alice/db';
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import type { Context } from '../../../context.ts';
import { DomainError } from '../../../errors/domain-error.ts';
import { selectRowWith } from '../../../platform/history/columns.ts';
import { isUsed, type Proof } from '../use-proof.ts';
import { passkeys } from './entity.ts';
import { type Question, readChallenge } from './read-challenge.ts';
import { recordCopy } from './record-copy.ts';
import { fromUserHandle, relyingPartyId } from './relying-party.ts';
import type { PasskeyAnswer } from './schemas.ts';

export type Verdict =
  | { readonly kind: 'right'; readonly proof: Proof }
  /** Valid, but already used: the same response was sent again. */
  | { readonly kind: 'repeated'; readonly userId: string }
  | { readonly kind: 'wrong' };

const wrong: Verdict = { kind: 'wrong' };

/** $1 user, $2 credential id. */
const find = sql({
  name: 'passkeys.credential',
  returns: { ...rowOf('passkeys'), ...rowOf('users', 'email') },
  text: `
    SELECT ${selectRowWith(passkeys, passkeys.secret, 't')}, u.email FROM passkeys t JOIN users u ON u.id = t.user_id
     WHERE t.user_id = $1 AND t.credential_id = $2 AND t.ended_at IS NULL AND u.disabled_at IS NULL`,
});

/** $1 user, $2 id, $3 new signature counter, $4 now, $5 whether it is synced. A counter of 0 means that there is none. */
const use = sql({
  name: 'passkeys.use',
  returns: rowOf('passkeys', 'id'),
  text: `
    UPDATE passkeys SET counter = $3, last_used_at = $4, backed_up = $5
     WHERE user_id = $1 AND id = $2 AND ended_at IS NULL AND (counter < $3 OR (counter = 0 AND $3 = 0)) RETURNING id`,
});

/**
 * Verifies a passkey response: user presence and verification, origin, and a challenge for this purpose. Without an
 * expected user, the response identifies the user. All failures look the same. A signature counter that does not
 * increase means that the passkey was cloned: it is rejected, and the attempt is recorded.
 */
export async function verifyPasskey(ctx: Context, answer: PasskeyAnswer, expected: Question): Promise<Verdict> {
  const { deps } = ctx;
  const { clientDataJSON, userHandle } = answer.response;
  const found = readChallenge(deps, clientDataJSON, expected.purpose);
  // A challenge for a user can be answered only by that user.
  const { pass, challenge } = found ?? {};
  if (pass === undefined || challenge === undefined) return wrong;
  if (pass.userId !== null && pass.userId !== expected.userId) return wrong;
  if (pass.sessionId !== null && pass.sessionId !== expected.sessionId) return wrong;
  const handle = userHandle == null ? null : fromUserHandle(userHandle);
  const userId = expected.userId ?? handle;
  if (userId === null || (userHandle != null && handle !== userId)) return wrong;

  const [passkey] = await deps.db.query<Rows['passkeys'] & { readonly email: string }>(find, [userId, answer.id]);
  if (passkey === undefined) return wrong;
  const signed = await verifySignature(ctx, answer, passkey, challenge);
  if (signed === null) return wrong;
  if (await isUsed(ctx, pass)) return { kind: 'repeated', userId };
  const { newCounter, credentialBackedUp } = signed;
  if ((newCounter > 0 || passkey.counter > 0) && newCounter <= passkey.counter) {
    await recordCopy(ctx, passkey, expected);
    return wrong;
  }
  const proof: Proof = {
    userId,
    passes: [pass],
    async use(query) {
      const now = deps.clock.now().toISOString();
      return (await query(use, [userId, passkey.id, newCounter, now, credentialBackedUp])).length === 1;
    },
  };
  return { kind: 'right', proof };
}

async function verifySignature(
  { deps, request }: Context,
  { id, rawId, type, response }: PasskeyAnswer,
  passkey: Rows['passkeys'],
  challenge: string,
) {
  const { clientDataJSON, authenticatorData, signature } = response;
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId,
        type,
        response: { clientDataJSON, authenticatorData, signature },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: [...deps.site.origins],
      expectedRPID: relyingPartyId(deps.site),
      // Check the counter after the signature: otherwise anyone could make a passkey look cloned.
      credential: { id: passkey.credentialId, publicKey: Uint8Array.from(passkey.publicKey), counter: 0 },
      requireUserVerification: true,
    });
    return verified ? authenticationInfo : null;
  } catch (error) {
    // The library's error says why, for the log only: it quotes the caller's input.
    request.log.debug({ err: error }, 'passkey assertion rejected');
    return null;
  }
}

/** The same response for an unknown passkey, a disabled account, a wrong signature and a cloned passkey. */
export function passkeyRefused(): DomainError {
  return new DomainError(
    'INVALID_CREDENTIALS',
    'The passkey could not be verified, or the challenge has expired: try again',
  );
}
