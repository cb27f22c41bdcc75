import type { UserContext } from '../../context.ts';
import { confirmWithProof } from './confirm-with-proof.ts';
import type { ShowFactorInput } from './schemas.ts';
import { badTicket, openTicket, verifySecondFactor } from './verify-second-factor.ts';

/**
 * Completes a re-authentication with the second factor. Throws INVALID_TOKEN for an invalid ticket or one of another
 * session, INVALID_CREDENTIALS for a wrong factor, TOO_MANY_REQUESTS.
 */
export async function confirmSecondFactor(ctx: UserContext, input: ShowFactorInput): Promise<{ ok: true }> {
  const ticket = openTicket(ctx, input.ticket, 'confirm');
  if (ticket.userId !== ctx.user.id || ticket.sessionId !== ctx.user.sessionId) throw badTicket();
  return verifySecondFactor(ctx, ticket, input, (proof) => confirmWithProof(ctx, proof));
}
