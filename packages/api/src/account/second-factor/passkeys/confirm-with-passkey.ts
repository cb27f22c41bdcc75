import type { UserContext } from '../../../context.ts';
import { beforeTransaction } from '../../../platform/idempotency/before-transaction.ts';
import { confirmWithProof } from '../confirm-with-proof.ts';
import type { PasskeyAnswer } from './schemas.ts';
import { passkeyRefused, verifyPasskey } from './verify-passkey.ts';

/**
 * Re-authenticates with a passkey alone. Throws INVALID_CREDENTIALS, with the same message for every reason;
 * TOO_MANY_REQUESTS.
 */
export async function confirmWithPasskey(
  ctx: UserContext,
  { response }: { readonly response: PasskeyAnswer },
): Promise<{ ok: true }> {
  const { request, user } = ctx;
  const expected = { purpose: 'passkey-confirm', userId: user.id, sessionId: user.sessionId } as const;
  const { attempt, verdict } = await beforeTransaction(ctx, async (outside) => ({
    attempt: await outside.deps.guesses.count({ kind: 'token', account: user.id, address: request.address }),
    verdict: await verifyPasskey(outside, response, expected),
  }));
  const done = verdict.kind === 'right' ? await confirmWithProof(ctx, verdict.proof) : null;
  if (done === null) throw passkeyRefused();
  await attempt.giveBack();
  return done;
}
