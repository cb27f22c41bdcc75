import { users } from '../changes/tables.ts';
import { updateRow } from '../changes/update-row.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { endSessions } from './end-sessions.ts';
import { findAccount, type GuardedAccount, lockPerson } from './find-account.ts';
import { markVerified } from './mark-verified.ts';
import { findToken, type LiveToken, takeToken, voidTokens } from './one-time-tokens.ts';
import { requireGoodPassword } from './password-rules.ts';
import { removeCredentials } from './remove-credentials.ts';
import type { ResetPasswordInput } from './schemas.ts';

/**
 * Sets the password anew for whoever got the mail: ends all sessions, and all links that are under way. The mail has shown
 * that the address is theirs; if nobody had shown that before, whatever else opens the account goes, since a stranger may
 * have made it. It signs nobody in, and a second factor of an owner who is known stays. Throws INVALID_TOKEN, and
 * VALIDATION_FAILED for a password that is too short or easily guessed: the link then still counts.
 */
export async function resetPassword(ctx: Context, input: ResetPasswordInput): Promise<{ ok: true }> {
  const { deps } = ctx;
  const token = await findToken(ctx, input.token, ['reset_password']);
  const { userId } = token;
  const before = requireAccount(token, await findAccount(userId, deps.db.query));
  const place = { path: 'newPassword', siteName: deps.site.name } as const;
  const { standsAlone } = await requireGoodPassword(input.newPassword, before, place);
  const passwordHash = await deps.passwords.hash(input.newPassword);

  await deps.db.transaction(async ({ query }) => {
    await lockPerson(userId, query);
    await takeToken(ctx, token, query);
    const account = requireAccount(token, await findAccount(userId, query));
    // A second factor that was there a moment ago allowed a short password.
    if (!standsAlone && !account.hasSecondFactor) throw new DomainError('INVALID_TOKEN');
    const change = { deps, query, user: { id: userId, sessionId: null } };
    const set = { passwordHash, passwordStandsAlone: standsAlone };
    await updateRow(change, users, { id: userId, action: 'reset_password', set });
    await voidTokens(userId, query);
    await endSessions(deps, { userId, reason: 'password', by: null }, query);
    if (account.emailVerifiedAt === null) await removeCredentials(change, query);
    await markVerified(change, account);
    await deps.jobs.send('mail', { to: account.email, name: account.name, kind: 'password-changed' }, { query });
  });
  deps.changes.announce(userId);
  return { ok: true };
}

/** The account as the rules are to see it: a second factor that goes is none. */
function requireAccount({ email }: LiveToken, account: GuardedAccount | undefined): GuardedAccount {
  if (account === undefined || account.email !== email) throw new DomainError('INVALID_TOKEN');
  return { ...account, hasSecondFactor: account.hasSecondFactor && account.emailVerifiedAt !== null };
}
