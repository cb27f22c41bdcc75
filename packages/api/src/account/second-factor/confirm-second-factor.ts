import type { UserContext } from '../../context.ts';
import { confirmWithProof } from './confirm-with-proof.ts';
import type { ShowFactorInput } from './schemas.ts';
import { badTicket, openTicket, verifySecondFactor } from './verify-second-factor.ts';

/**
 * Confirms who one is with what was missing after the right password. Throws INVALID_TOKEN for a ticket that does not
 * count, or is another session's, INVALID_CREDENTIALS for a wrong factor, TOO_MANY_REQUESTS.
 */
export async function confirmSecondFactor(ctx: UserContext, input: ShowFactorInput): Promise<{ ok: true }> {
  const ticket = openTicket(ctx, input.ticket, 'confirm');
  if (ticket.userId !== ctx.user.id || ticket.sessionId !== ctx.user.sessionId) throw badTicket();
  return verifySecondFactor(ctx, ticket, input, (proof) => confirmWithProof(ctx, proof));
}
