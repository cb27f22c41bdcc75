import type { Context } from '../../context.ts';
import { sendNotice } from '../../platform/mail/send-notice.ts';
import type { Claimant } from './verify-password.ts';

/**
 * Tells the person of a sign-in from a network that they were never seen at: `claimant` as it was found before the session
 * began. Where nothing is known of the network, there is nothing to tell.
 */
export async function sendNewSignIn({ deps, request }: Context, { account, isKnownNetwork }: Claimant): Promise<void> {
  if (account === null || isKnownNetwork || request.address === null) return;
  const { address, userAgent } = request;
  const at = deps.clock.now().toISOString();
  await sendNotice(deps, account, { kind: 'new-sign-in', at, address, userAgent }, deps.db.query);
}
