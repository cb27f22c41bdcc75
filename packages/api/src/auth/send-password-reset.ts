import type { Context } from '../context.ts';
import type { JobData } from '../jobs/job-queue.ts';
import { shownName } from '../mail/send-notice.ts';
import { findAccountOf } from './find-account.ts';
import { createToken } from './one-time-tokens.ts';

/** Mails the link with which a password can be set anew, if there is an account with this address. */
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
