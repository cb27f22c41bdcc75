import type { Rows } from '@alice/db';
import type { StartContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { toUser } from '../profile/to-user.ts';
import { requireSecondFactor } from '../second-factor/require-second-factor.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { startSession } from '../sessions/start-session.ts';
import type { LoginInput, SignedInOut } from './schemas.ts';
import { sendFailedSignIn } from './send-failed-sign-in.ts';
import { sendNewSignIn } from './send-new-sign-in.ts';
import { findClaimant, verifyPassword } from './verify-password.ts';

/**
 * Signs in with email address and password. Throws INVALID_CREDENTIALS, identical and after the same work for an
 * unknown address, a wrong password and a disabled account; SECOND_FACTOR_REQUIRED; TOO_MANY_REQUESTS; BUSY if the
 * hashing queue is full.
 */
export async function login(ctx: StartContext, { email, password }: LoginInput): Promise<SignedInOut> {
  const { deps } = ctx;
  deps.passwords.requireRoom();
  const claimant = await findClaimant(ctx, email);
  const isRight = await verifyPassword(ctx, claimant, password);
  const { account } = claimant;
  if (!isRight || account === null) {
    await sendFailedSignIn(ctx, email);
    throw new DomainError('INVALID_CREDENTIALS');
  }
  const passwordHash = await rehash(ctx, account, password);

  await requireSecondFactor(ctx, { ...account, passwordHash }, 'sign-in');
  const tokens = await startSession(ctx, account.id, 'login');
  await requireUnchanged(ctx, { ...account, passwordHash }, password, tokens);
  await sendNewSignIn(ctx, claimant);
  return { user: toUser(account), tokens };
}

/** Updates the hash only if the password is unchanged: rehashing with new parameters is not a change by the user. */
async function rehash({ deps }: StartContext, { id, passwordHash }: Rows['users'], password: string): Promise<string> {
  if (!deps.passwords.isOutdated(passwordHash)) return passwordHash;
  const renewed = await deps.passwords.hash(password);
  await deps.db.prisma.user.updateMany({ where: { id, passwordHash }, data: { passwordHash: renewed } });
  return renewed;
}

/**
 * A password change revokes all existing sessions. This revokes a session that was started with the old password at the
 * same time, so that no sign-in survives the change.
 */
async function requireUnchanged(
  ctx: StartContext,
  account: Rows['users'],
  password: string,
  tokens: SignedInOut['tokens'],
): Promise<void> {
  const { db, passwords, tokens: issuer } = ctx.deps;
  const now = await db.prisma.user.findFirst({
    where: { id: account.id, disabledAt: null },
    select: { passwordHash: true },
  });
  if (now?.passwordHash === account.passwordHash) return;
  // A concurrent sign-in may have rehashed the same password.
  if (now !== null && (await passwords.verify(now.passwordHash, password))) return;
  const { id: userId, sessionId } = await issuer.verifyAccess(tokens.accessToken);
  await endSessions(ctx.deps, { userId, reason: 'password', by: sessionId, only: sessionId }, db.query);
  throw new DomainError('INVALID_CREDENTIALS');
}
