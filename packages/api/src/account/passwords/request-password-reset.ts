import type { Context } from '../../context.ts';
import type { EmailInput } from '../email/schemas.ts';

/**
 * Queues a password reset mail. Work and response are the same for every address: the lookup happens after the
 * response. Throws TOO_MANY_REQUESTS.
 */
export async function requestPasswordReset({ deps, request }: Context, { email }: EmailInput): Promise<{ ok: true }> {
  await deps.guesses.count({ kind: 'mail', address: request.address, account: email });
  await deps.jobs.send('password-reset', { email });
  return { ok: true };
}
