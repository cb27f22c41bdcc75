import type { StartContext } from '../../../context.ts';
import { toUser } from '../../profile/to-user.ts';
import { repeatStart } from '../../sessions/start-session.ts';
import { findAccount } from '../../sign-in/find-account.ts';
import type { SignedInOut } from '../../sign-in/schemas.ts';
import { sendNewSignIn } from '../../sign-in/send-new-sign-in.ts';
import { findClaimant } from '../../sign-in/verify-password.ts';
import { startProvenSession } from '../start-proven-session.ts';
import type { PasskeyAnswer } from './schemas.ts';
import { passkeyRefused, verifyPasskey } from './verify-passkey.ts';

const anybody = { purpose: 'passkey-sign-in', userId: null, sessionId: null } as const;

/**
 * Signs in with a passkey alone. It counts as two factors, since the authenticator verifies the user. Throws
 * INVALID_CREDENTIALS, identical for every reason and for a disabled account, and TOO_MANY_REQUESTS.
 */
export async function loginWithPasskey(
  ctx: StartContext,
  { response }: { readonly response: PasskeyAnswer },
): Promise<SignedInOut> {
  const { db, guesses } = ctx.deps;
  const attempt = await guesses.count({ kind: 'token', account: null, address: ctx.request.address });
  const verdict = await verifyPasskey(ctx, response, anybody);
  if (verdict.kind === 'wrong') throw passkeyRefused();
  const userId = verdict.kind === 'right' ? verdict.proof.userId : verdict.userId;
  const account = await findAccount(userId, db.query);
  if (account === undefined) throw passkeyRefused();
  const claimant = await findClaimant(ctx, account.email);
  const tokens =
    verdict.kind === 'right' ? await startProvenSession(ctx, verdict.proof) : await repeatStart(ctx, userId);
  if (tokens === null) throw passkeyRefused();
  await attempt.giveBack();
  await sendNewSignIn(ctx, claimant);
  return { user: toUser(account), tokens };
}
