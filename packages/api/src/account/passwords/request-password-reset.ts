import type { Context } from '../../context.ts';
import type { EmailInput } from '../email/schemas.ts';

/**
 * Promises a mail to whoever has an account with this address. The same work and the same answer for everybody: whether
 * there is one is looked at after the reply. Throws TOO_MANY_REQUESTS, likewise.
 */
export async function requestPasswordReset({ deps, request }: Context, { email }: EmailInput): Promise<{ ok: true }> {
  await deps.guesses.count({ kind: 'mail', address: request.address, account: email });
  await deps.jobs.send('password-reset', { email });
  return { ok: true };
}
