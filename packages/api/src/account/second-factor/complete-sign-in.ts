import type { StartContext } from '../../context.ts';
import { toUser } from '../profile/to-user.ts';
import { repeatStart } from '../sessions/start-session.ts';
import { findAccount } from '../sign-in/find-account.ts';
import type { SignedInOut } from '../sign-in/schemas.ts';
import { sendNewSignIn } from '../sign-in/send-new-sign-in.ts';
import { findClaimant } from '../sign-in/verify-password.ts';
import { stampOf } from './require-second-factor.ts';
import type { ShowFactorInput } from './schemas.ts';
import { startProvenSession } from './start-proven-session.ts';
import type { Proof } from './use-proof.ts';
import { badTicket, openTicket, type Ticket, verifySecondFactor } from './verify-second-factor.ts';

/**
 * Completes a sign-in with the second factor. Throws INVALID_TOKEN for an invalid ticket (also if the password has
 * changed or the account was disabled), INVALID_CREDENTIALS for a wrong factor, TOO_MANY_REQUESTS.
 */
export async function completeSignIn(ctx: StartContext, input: ShowFactorInput): Promise<SignedInOut> {
  const ticket = openTicket(ctx, input.ticket, 'sign-in');
  const account = await findAccount(ticket.userId, ctx.deps.db.query);
  if (account === undefined || stampOf(account.passwordHash) !== ticket.stamp) throw badTicket();
  // A repeated request whose response was lost: its code was already used by itself.
  const repeated = await repeatStart(ctx, account.id);
  if (repeated !== null) return { user: toUser(account), tokens: repeated };
  const claimant = await findClaimant(ctx, account.email);
  const tokens = await verifySecondFactor(
    ctx,
    ticket,
    input,
    (proof) => startProvenSession(ctx, whileUnchanged(ticket, proof)),
    {
      // Or the first request is still running, and used the code in the meantime.
      repeat: () => repeatStart(ctx, account.id),
      isKnownNetwork: claimant.isKnownNetwork,
    },
  );
  await sendNewSignIn(ctx, claimant);
  return { user: toUser(account), tokens };
}

/**
 * Checks the password hash again in the transaction that starts the session, so that no sign-in survives a password
 * change.
 */
function whileUnchanged(ticket: Ticket, proof: Proof): Proof {
  return {
    ...proof,
    async use(query) {
      const account = await findAccount(ticket.userId, query);
      if (account === undefined || stampOf(account.passwordHash) !== ticket.stamp) throw badTicket();
      return proof.use(query);
    },
  };
}
