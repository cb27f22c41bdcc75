import type { UserContext } from '../../context.ts';
import { DomainError, notFound } from '../../errors/domain-error.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { beforeTransaction } from '../../platform/idempotency/before-transaction.ts';
import { requireSecondFactor } from '../second-factor/require-second-factor.ts';
import { sessions } from '../sessions/entity.ts';
import type { ConfirmInput } from './schemas.ts';
import { sendFailureAside } from './send-failed-sign-in.ts';
import { findClaimant, verifyPassword } from './verify-password.ts';

/**
 * Re-authenticates with the password: for five minutes this session may call `fresh` procedures. Throws
 * INVALID_CREDENTIALS, SECOND_FACTOR_REQUIRED, and TOO_MANY_REQUESTS as at a sign-in.
 */
export async function confirm(ctx: UserContext, { password }: ConfirmInput): Promise<{ ok: true }> {
  await beforeTransaction(ctx, (outside) => requirePassword(outside, password));
  await setAuthenticated(ctx);
  return { ok: true };
}

async function requirePassword(ctx: UserContext, password: string): Promise<void> {
  const { deps, user } = ctx;
  const found = await deps.db.prisma.user.findFirst({ where: { id: user.id }, select: { email: true } });
  if (found === null) throw notFound('user');
  // The session identifies the user, so it uses the budget of known networks: attackers cannot block a
  // re-authentication.
  const claimant = { ...(await findClaimant(ctx, found.email)), isKnownNetwork: true };
  const isRight = await verifyPassword(ctx, claimant, password);
  if (!isRight || claimant.account === null) {
    sendFailureAside(ctx, found.email);
    throw new DomainError('INVALID_CREDENTIALS', 'Wrong password');
  }

  await requireSecondFactor(ctx, claimant.account, 'confirm');
}

/** Marks the session as recently authenticated. */
async function setAuthenticated(ctx: UserContext): Promise<void> {
  const authenticatedAt = ctx.deps.clock.now().toISOString();
  await updateRow(ctx, sessions, { id: ctx.user.sessionId, action: 'confirm', set: { authenticatedAt } });
}
