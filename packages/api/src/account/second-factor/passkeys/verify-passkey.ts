import type { Rows } from '@alice/db';
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import type { Context } from '../../../context.ts';
import { DomainError } from '../../../errors/domain-error.ts';
import { selectRow } from '../../../platform/history/table.ts';
import { isUsed, type Proof } from '../use-proof.ts';
import { passkeys } from './entity.ts';
import { type Question, readChallenge } from './read-challenge.ts';
import { recordCopy } from './record-copy.ts';
import { fromUserHandle, relyingPartyId } from './relying-party.ts';
import type { PasskeyAnswer } from './schemas.ts';

export type Verdict =
  | { readonly kind: 'right'; readonly proof: Proof }
  /** Right, and used before: the same answer came again. */
  | { readonly kind: 'repeated'; readonly userId: string }
  | { readonly kind: 'wrong' };

const wrong: Verdict = { kind: 'wrong' };

/** $1 person, $2 credential. */
const find = {
  name: 'passkeys.credential',
  text: `
    SELECT ${selectRow(passkeys, 't')}, u.email FROM passkeys t JOIN users u ON u.id = t.user_id
     WHERE t.user_id = $1 AND t.credential_id = $2 AND t.ended_at IS NULL AND u.disabled_at IS NULL`,
};

/** $1 person, $2 id, $3 the new count, $4 now, $5 whether it is synced. A count of 0 is none. */
const use = {
  name: 'passkeys.use',
  text: `
    UPDATE passkeys SET counter = $3, last_used_at = $4, backed_up = $5
     WHERE user_id = $1 AND id = $2 AND ended_at IS NULL AND (counter < $3 OR (counter = 0 AND $3 = 0)) RETURNING id`,
};

/**
 * What a passkey's answer proves: that its person was there and was verified, just now, on a page of ours, for what the
 * challenge was made for. With no person expected, the answer says who it is. Whatever is wrong looks the same. A passkey
 * whose count of signatures does not rise has a copy: it is refused, and that leaves a line in the history.
 */
export async function verifyPasskey(ctx: Context, answer: PasskeyAnswer, expected: Question): Promise<Verdict> {
  const { deps } = ctx;
  const { clientDataJSON, userHandle } = answer.response;
  const found = readChallenge(deps, clientDataJSON, expected.purpose);
  // A challenge that was made for somebody is theirs alone.
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
      // The count is looked at once the signature was: else anybody could make a copy appear.
      credential: { id: passkey.credentialId, publicKey: Uint8Array.from(passkey.publicKey), counter: 0 },
      requireUserVerification: true,
    });
    return verified ? authenticationInfo : null;
  } catch (error) {
    // The library says why in errors of its own, for the log; they quote what the caller sent.
    request.log.debug({ err: error }, 'a passkey was refused');
    return null;
  }
}

/** The same bytes for an unknown passkey, a disabled account, a wrong signature, a copy. */
export function passkeyRefused(): DomainError {
  return new DomainError(
    'INVALID_CREDENTIALS',
    'This passkey does not count here, or its answer came too late: try again',
  );
}
