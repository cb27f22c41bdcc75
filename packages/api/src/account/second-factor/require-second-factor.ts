import { createHash } from 'node:crypto';
import type { Rows } from '@alice/db';
import type { Context, Identity } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { countFactors, type Factors, findFactors } from './find-factors.ts';
import { sealPass } from './sealed-pass.ts';

/** A request, with its session if it has one. */
type MaybeSignedIn = Context & { readonly user?: Identity };

/**
 * Call it after the password was verified, with the account as it was then. Returns if the account has no second
 * factor; otherwise throws SECOND_FACTOR_REQUIRED with the available methods and an MFA token, which is valid for five
 * minutes, for this purpose and (to re-authenticate) for this session.
 */
export async function requireSecondFactor(
  ctx: MaybeSignedIn,
  { id: userId, passwordHash }: Pick<Rows['users'], 'id' | 'passwordHash'>,
  purpose: 'sign-in' | 'confirm',
): Promise<void> {
  const factors = await findFactors(ctx.deps.db.query, userId);
  if (countFactors(factors) === 0) return;
  const sessionId = purpose === 'confirm' ? (ctx.user?.sessionId ?? null) : null;
  const stamp = stampOf(passwordHash);
  const ticket = sealPass(ctx.deps, { purpose, userId, sessionId, stamp });
  throw new DomainError('SECOND_FACTOR_REQUIRED', undefined, { details: { ticket, methods: methodsOf(factors) } });
}

/** Binds an MFA token to the password hash: a password change invalidates it. */
export function stampOf(passwordHash: string): string {
  return createHash('sha256').update(passwordHash).digest('base64url');
}

function methodsOf({ totp, passkeys, recoveryCodes }: Factors): ('totp' | 'passkey' | 'recoveryCode')[] {
  return [
    ...(totp ? (['totp'] as const) : []),
    ...(passkeys > 0 ? (['passkey'] as const) : []),
    ...(recoveryCodes > 0 ? (['recoveryCode'] as const) : []),
  ];
}
