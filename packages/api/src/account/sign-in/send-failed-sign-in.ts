import type { Context } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import type { JobData } from '../../platform/jobs/job-queue.ts';

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

/**
 * The same for what was shown in vain within a session. It is not waited for: under an idempotency key this runs in a
 * transaction, which the refusal takes back.
 */
export function sendFailureAside(
  ctx: Context,
  email: string,
  more: Pick<FailedSignIn, 'action' | 'passkey'> = {},
): void {
  const { deps, request } = ctx;
  deps.jobs.send('failed-sign-in', { ...failedSignIn(ctx, email), ...more }).catch((error: unknown) => {
    request.log.warn({ err: error }, 'could not note a failed confirmation');
  });
}

type FailedSignIn = JobData['failed-sign-in'];

/** What is noted of a sign-in that failed, for existing and unknown addresses alike. */
function failedSignIn({ deps, request }: Context, email: string): FailedSignIn {
  const { address, userAgent } = request;
  return { email, address, userAgent, at: deps.clock.now().toISOString() };
}
