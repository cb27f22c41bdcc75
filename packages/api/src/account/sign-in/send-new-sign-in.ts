import type { Context } from '../../context.ts';
import { sendNotice } from '../../platform/mail/send-notice.ts';
import type { Claimant } from './verify-password.ts';

/**
 * Notifies the user of a sign-in from a new network. `claimant` is the login candidate as it was before the session
 * started. Sends nothing if the network is unknown.
 */
export async function sendNewSignIn({ deps, request }: Context, { account, isKnownNetwork }: Claimant): Promise<void> {
  if (account === null || isKnownNetwork || request.address === null) return;
  const { address, userAgent } = request;
  const at = deps.clock.now().toISOString();
  await sendNotice(deps, account, { kind: 'new-sign-in', at, address, userAgent }, deps.db.query);
}
