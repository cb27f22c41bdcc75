import type { Context } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import type { JobData } from '../../platform/jobs/job-queue.ts';

/**
 * Queues a failed sign-in for the security history, for existing and unknown addresses alike. A flood is recorded only
 * up to a limit; the access log has every request.
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
 * The same for a failed attempt within a session. Not awaited: with an idempotency key this runs in a transaction,
 * which the error rolls back.
 */
export function sendFailureAside(
  ctx: Context,
  email: string,
  more: Pick<FailedSignIn, 'action' | 'passkey'> = {},
): void {
  const { deps, request } = ctx;
  deps.jobs.send('failed-sign-in', { ...failedSignIn(ctx, email), ...more }).catch((error: unknown) => {
    request.log.warn({ err: error }, 'could not record a failed re-authentication');
  });
}

type FailedSignIn = JobData['failed-sign-in'];

/** The data of a failed sign-in, for existing and unknown addresses alike. */
function failedSignIn({ deps, request }: Context, email: string): FailedSignIn {
  const { address, userAgent } = request;
  return { email, address, userAgent, at: deps.clock.now().toISOString() };
}
