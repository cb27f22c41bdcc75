import { createHash } from 'node:crypto';
import type { Rows } from '@alice/db';
import type { Context, Identity } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { countFactors, type Factors, findFactors } from './find-factors.ts';
import { sealPass } from './sealed-pass.ts';

/** A request, with the session that it came with where there is one. */
type MaybeSignedIn = Context & { readonly user?: Identity };

/**
 * Call it when the password was right, with the account as it was then. Returns where the account has no second factor; else throws
 * SECOND_FACTOR_REQUIRED with a ticket that stands for the password, for five minutes, this purpose and (to confirm) this
 * session, and the ways in which the second factor can be shown.
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

/** A ticket stands for the password that was shown: once that is changed, it is worth nothing. */
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
