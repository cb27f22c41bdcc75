import { databaseFault, type RunQuery, sql, types } from '@alice/db';
import type { Context } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { sendNotice } from '../../platform/mail/send-notice.ts';
import { users } from '../profile/entity.ts';
import { findAccount } from '../sign-in/find-account.ts';
import { findToken, type LiveToken, takeToken, voidTokens } from './one-time-tokens.ts';
import type { EmailChangeOut, TokenInput } from './schemas.ts';

/**
 * Confirms an email change for one of the two addresses; the second confirmation changes the address. Concurrent
 * confirmations wait for each other. Throws INVALID_TOKEN, and CONFLICT if the new address has got an account in the
 * meantime.
 */
export async function confirmEmailChange(ctx: Context, input: TokenInput): Promise<EmailChangeOut> {
  const { deps } = ctx;
  const token = await findToken(ctx, input.token, ['change_email_from', 'change_email_to']);
  try {
    const isChanged = await deps.db.transaction(async ({ query }) => {
      await lockPerson(token.userId, query);
      await takeToken(ctx, token, query);
      const newEmail = await findAgreed(token, query);
      if (newEmail !== null) await changeEmail(ctx, token.userId, newEmail, query);
      return newEmail !== null;
    });
    if (isChanged) deps.changes.announce(token.userId);
    return { status: isChanged ? 'changed' : 'waiting' };
  } catch (error) {
    const fault = databaseFault(error);
    if (fault?.kind !== 'unique' || fault.constraint !== 'users_email_key') throw error;
    throw new DomainError('CONFLICT', 'An account with this email address already exists', { cause: error });
  }
}

/** $1 user, $2 request. Both tokens expire at the same time, and a used token was used before it expired. */
const findBoth = sql({
  name: 'auth.emailChange',
  returns: { oldEmail: types.orNull(types.text), newEmail: types.orNull(types.text) },
  text: `
    SELECT max(email) FILTER (WHERE purpose = 'change_email_from') AS "oldEmail",
           max(email) FILTER (WHERE purpose = 'change_email_to') AS "newEmail"
      FROM one_time_tokens WHERE user_id = $1 AND request_id = $2 AND used_at IS NOT NULL`,
});

/** The new address, once both addresses have confirmed. */
async function findAgreed({ userId, requestId }: LiveToken, query: RunQuery): Promise<string | null> {
  const [both] = await query<{ oldEmail: string | null; newEmail: string | null }>(findBoth, [userId, requestId]);
  if (both === undefined || both.oldEmail === null || both.newEmail === null) return null;
  const account = await findAccount(userId, query);
  // The address of the account has changed since the tokens were sent.
  if (account?.email !== both.oldEmail) throw new DomainError('INVALID_TOKEN');
  return both.newEmail;
}

async function changeEmail({ deps }: Context, userId: string, newEmail: string, query: RunQuery): Promise<void> {
  const account = await findAccount(userId, query);
  if (account === undefined) throw new DomainError('INVALID_TOKEN');
  const emailVerifiedAt = deps.clock.now().toISOString();
  const change = { deps, query, user: { id: userId, sessionId: null } };
  const set = { email: newEmail, emailVerifiedAt };
  await updateRow(change, users, { id: userId, action: 'change_email', set });
  await voidTokens(userId, query);
  // Both addresses have confirmed, so both are verified.
  await sendNotice(deps, { ...account, emailVerifiedAt }, { kind: 'email-changed', newEmail }, query);
}
