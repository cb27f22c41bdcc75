import type { UserContext } from '../../context.ts';
import { invalid, notFound } from '../../errors/domain-error.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { beforeTransaction } from '../../platform/idempotency/before-transaction.ts';
import { sendNotice } from '../../platform/mail/send-notice.ts';
import { voidTokens } from '../email/one-time-tokens.ts';
import { users } from '../profile/entity.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { findAccount } from '../sign-in/find-account.ts';
import { lengths, requireGoodPassword, tooShort } from './password-rules.ts';
import type { ChangePasswordInput } from './schemas.ts';

/**
 * Changes the password, revokes all other sessions and pending reset links, and notifies the user by mail. Throws
 * VALIDATION_FAILED for a password that is too short or easy to guess, BUSY if the hashing queue is full.
 */
export async function changePassword(ctx: UserContext, { newPassword }: ChangePasswordInput): Promise<{ ok: true }> {
  const { deps, user } = ctx;
  const { account, standsAlone, passwordHash } = await beforeTransaction(ctx, (outside) =>
    hashPassword(outside, newPassword),
  );
  await deps.db.transaction(async ({ query }) => {
    await lockPerson(user.id, query);
    // The short password was allowed by a second factor that has been removed in the meantime.
    const isGuarded = standsAlone || (await findAccount(user.id, query))?.hasSecondFactor === true;
    if (!isGuarded) throw invalid('newPassword', tooShort(lengths.alone));
    const set = { passwordHash, passwordStandsAlone: standsAlone };
    await updateRow({ deps, user, query }, users, { id: user.id, action: 'change_password', set });
    await voidTokens(user.id, query, ['reset_password']);
    await endSessions(deps, { userId: user.id, reason: 'password', by: user.sessionId, except: user.sessionId }, query);
    await sendNotice(deps, account, { kind: 'password-changed' }, query);
  });
  return { ok: true };
}

/**
 * The hash of a new password that satisfies the rules of the account, and whether it is long enough without a second
 * factor.
 */
async function hashPassword({ deps, user }: UserContext, newPassword: string) {
  const account = await findAccount(user.id, deps.db.query);
  if (account === undefined) throw notFound('user');
  const place = { path: 'newPassword', siteName: deps.site.name } as const;
  const { standsAlone } = await requireGoodPassword(newPassword, account, place);
  return { account, standsAlone, passwordHash: await deps.passwords.hash(newPassword) };
}
