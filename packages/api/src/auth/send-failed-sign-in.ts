import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { failedSignIn } from './verify-password.ts';

/**
 * Has a sign-in that failed noted in the history of the account, if there is one with this address: for existing and
 * unknown addresses alike. What a flood brings beyond its budget is not noted; the log has a line of each request.
 */
export async function sendFailedSignIn(ctx: Context, email: string): Promise<void> {
  const { guesses, jobs } = ctx.deps;
  try {
    await guesses.count({ kind: 'note', address: null, account: email });
  } catch (error) {
    if (error instanceof DomainError && error.code === 'TOO_MANY_REQUESTS') return;
    throw error;
  }
  await jobs.send('failed-sign-in', failedSignIn(ctx, email));
}
