import type { Context } from '../../context.ts';
import type { JobData } from '../../platform/jobs/job-queue.ts';
import { shownName } from '../../platform/mail/send-notice.ts';
import { createToken } from '../email/one-time-tokens.ts';
import { findAccountOf } from '../sign-in/find-account.ts';

/** Sends the password reset link, if there is an account with this address. */
export async function sendPasswordReset(
  { deps }: Pick<Context, 'deps'>,
  { email }: JobData['password-reset'],
): Promise<void> {
  await deps.db.transaction(async ({ query }) => {
    const account = await findAccountOf(email, query);
    if (account === undefined) return;
    const token = await createToken({ deps }, { userId: account.id, purpose: 'reset_password', email }, query);
    await deps.jobs.send('mail', { to: email, name: shownName(account), kind: 'reset-password', token }, { query });
  });
}
