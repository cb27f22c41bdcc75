import { v7 as uuidv7 } from 'uuid';
import type { UserContext } from '../../context.ts';
import { invalid, notFound } from '../../errors/domain-error.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { beforeTransaction } from '../../platform/idempotency/before-transaction.ts';
import { shownName } from '../../platform/mail/send-notice.ts';
import { findAccount, findAccountOf, type GuardedAccount } from '../sign-in/find-account.ts';
import { createToken, voidTokens } from './one-time-tokens.ts';
import type { EmailInput } from './schemas.ts';
import { sendAddressTaken } from './send-address-taken.ts';

/**
 * Sends a confirmation mail to both addresses. The response is the same if the new address has an account: then its
 * owner is notified and the change cannot be confirmed. Throws TOO_MANY_REQUESTS.
 */
export async function requestEmailChange(ctx: UserContext, { email: newEmail }: EmailInput): Promise<{ ok: true }> {
  const { deps } = ctx;
  const account = await beforeTransaction(ctx, (outside) => countRequest(outside, newEmail));
  const { id: userId, email } = account;
  const name = shownName(account);
  await deps.db.transaction(async ({ query }) => {
    await lockPerson(userId, query);
    await voidTokens(userId, query, ['change_email_from', 'change_email_to']);
    const requestId = uuidv7();
    const from = await createToken(ctx, { userId, purpose: 'change_email_from', email, requestId }, query);
    await deps.jobs.send('mail', { to: email, name, kind: 'change-email-from', token: from, newEmail }, { query });
    const to = await createToken(ctx, { userId, purpose: 'change_email_to', email: newEmail, requestId }, query);
    const isTaken = (await findAccountOf(newEmail, query)) !== undefined;
    if (isTaken) await sendAddressTaken(deps, newEmail, query);
    else await deps.jobs.send('mail', { to: newEmail, name, kind: 'change-email-to', token: to, newEmail }, { query });
  });
  return { ok: true };
}

/** The account, after the request was counted for both addresses. */
async function countRequest({ deps, request, user }: UserContext, newEmail: string): Promise<GuardedAccount> {
  const account = await findAccount(user.id, deps.db.query);
  if (account === undefined) throw notFound('user');
  if (account.email === newEmail) throw invalid('email', 'is already your email address');
  for (const email of [account.email, newEmail])
    await deps.guesses.count({ kind: 'email-change', address: request.address, account: email });
  return account;
}
