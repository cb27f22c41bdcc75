import type { RunQuery } from '@alice/db';
import type { Context } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { sendNotice } from '../../platform/mail/send-notice.ts';
import { markVerified } from '../email/mark-verified.ts';
import { findToken, type LiveToken, takeToken, voidTokens } from '../email/one-time-tokens.ts';
import { users } from '../profile/entity.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { findAccount, type GuardedAccount } from '../sign-in/find-account.ts';
import { findStanding, type Standing } from './find-standing.ts';
import { requireGoodPassword } from './password-rules.ts';
import { removeCredentials } from './remove-credentials.ts';
import type { ResetPasswordInput } from './schemas.ts';

/**
 * Sets a new password with a token from a mail: revokes all sessions and pending links, and cancels a scheduled
 * deletion. The mail proves the address, so an address listed by the operator becomes an administrator. If a stranger
 * may have created the account, all other credentials are removed. Does not sign in. Throws INVALID_TOKEN, and
 * VALIDATION_FAILED for a weak password; the link then stays valid.
 */
export async function resetPassword(ctx: Context, input: ResetPasswordInput): Promise<{ ok: true }> {
  const { deps } = ctx;
  const token = await findToken(ctx, input.token, ['reset_password']);
  const { userId } = token;
  const before = await judge(deps, token, deps.db.query);
  const place = { path: 'newPassword', siteName: deps.site.name } as const;
  const { standsAlone } = await requireGoodPassword(input.newPassword, before.account, place);
  const passwordHash = await deps.passwords.hash(input.newPassword);

  await deps.db.transaction(async ({ query }) => {
    await lockPerson(userId, query);
    await takeToken(ctx, token, query);
    const { account, standing } = await judge(deps, token, query);
    // The short password was allowed by a second factor that has been removed in the meantime.
    if (!standsAlone && !account.hasSecondFactor) throw new DomainError('INVALID_TOKEN');
    const change = { deps, query, user: { id: userId, sessionId: null } };
    const set = { passwordHash, passwordStandsAlone: standsAlone, deletionDueAt: null };
    await updateRow(change, users, { id: userId, action: 'reset_password', set });
    await voidTokens(userId, query);
    await endSessions(deps, { userId, reason: 'password', by: null }, query);
    if (!standing.keepsCredentials) await removeCredentials(change, query);
    await markVerified(change, account);
    if (standing.becomesAdmin)
      await updateRow(change, users, { id: userId, action: 'become_admin', set: { role: 'admin' } });
    // The link proves that the address belongs to the user.
    const owner = { ...account, emailVerifiedAt: account.emailVerifiedAt ?? deps.clock.now().toISOString() };
    await sendNotice(deps, owner, { kind: 'password-changed' }, query);
    if (account.deletionDueAt !== null) await sendNotice(deps, owner, { kind: 'deletion-cancelled' }, query);
  });
  deps.changes.announce(userId);
  return { ok: true };
}

/** The account for the password rules (a second factor that will be removed does not count), and the reset policy. */
async function judge(
  deps: Context['deps'],
  { userId, email }: LiveToken,
  query: RunQuery,
): Promise<{ account: GuardedAccount; standing: Standing }> {
  const account = await findAccount(userId, query);
  if (account === undefined || account.email !== email) throw new DomainError('INVALID_TOKEN');
  const standing = await findStanding(deps, account, query);
  const hasSecondFactor = account.hasSecondFactor && standing.keepsCredentials;
  return { account: { ...account, hasSecondFactor }, standing };
}
