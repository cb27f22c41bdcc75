import type { Context, Identity } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { beforeTransaction } from '../../platform/idempotency/before-transaction.ts';
import { verifyPasskey } from './passkeys/verify-passkey.ts';
import { recordFailure } from './record-failure.ts';
import { verifyRecoveryCode } from './recovery-codes/verify-recovery-code.ts';
import type { ShowFactorInput } from './schemas.ts';
import { openPass, type Pass } from './sealed-pass.ts';
import { verifyTotp } from './totp/verify-totp.ts';
import type { Proof } from './use-proof.ts';

/** An MFA token, for one user. */
export type Ticket = Pass & { readonly userId: string };

/** Throws INVALID_TOKEN, with the same message for every reason. */
export function openTicket({ deps }: Context, ticket: string, purpose: 'sign-in' | 'confirm'): Ticket {
  const pass = openPass(deps, ticket, purpose);
  if (pass === null || pass.userId === null) throw badTicket();
  return { ...pass, userId: pass.userId };
}

export function badTicket(): DomainError {
  return new DomainError('INVALID_TOKEN', 'Invalid, expired or already used ticket: start again with the password');
}

interface VerifyOptions<Result> {
  /** Returns the stored result of a repeated request. */
  readonly repeat?: () => Promise<Result | null>;
  /** The user has signed in from this network before. */
  readonly isKnownNetwork?: boolean;
}

/**
 * Verifies the second factor sent with an MFA token, within the attempt limits, and passes it to `allow`, which
 * consumes it. A wrong factor is recorded and throws INVALID_CREDENTIALS; so does a used one, unless the same request
 * is repeated. Throws TOO_MANY_REQUESTS.
 */
export async function verifySecondFactor<Result>(
  ctx: Context & { readonly user?: Identity },
  ticket: Ticket,
  input: ShowFactorInput,
  allow: (proof: Proof) => Promise<Result | null>,
  { repeat = async () => null, isKnownNetwork = false }: VerifyOptions<Result> = {},
): Promise<Result> {
  const { userId, sessionId } = ticket;
  // Passkeys and recovery codes cannot be guessed: the owner can use them while an attacker exhausts the limit for
  // codes.
  const kind = input.code === undefined ? 'token' : 'code';
  const guess = { kind, account: userId, address: ctx.request.address, isKnownNetwork, sessionId } as const;
  const { attempt, proof } = await beforeTransaction(ctx, async (outside) => ({
    attempt: await outside.deps.guesses.count(guess),
    proof: await proofOf(outside, ticket, input),
  }));
  const allowed = proof === null ? null : await allow({ ...proof, passes: [ticket, ...proof.passes] });
  const result = allowed ?? (await repeat());
  if (result !== null) {
    await attempt.giveBack();
    return result;
  }
  await recordFailure(ctx, userId, input);
  ctx.request.log.warn({ userId }, 'second factor rejected');
  throw new DomainError('INVALID_CREDENTIALS', 'The second factor is wrong or was already used');
}

async function proofOf(
  ctx: Context & { readonly user?: Identity },
  { userId, sessionId, purpose }: Ticket,
  { code, recoveryCode, passkey }: ShowFactorInput,
): Promise<Proof | null> {
  if (code !== undefined) return verifyTotp(ctx, userId, code);
  if (recoveryCode !== undefined) return verifyRecoveryCode(ctx, userId, recoveryCode);
  if (passkey === undefined) return null;
  const expected = {
    purpose: purpose === 'confirm' ? 'passkey-confirm' : 'passkey-sign-in',
    userId,
    sessionId,
  } as const;
  const verdict = await verifyPasskey(ctx, passkey, expected);
  return verdict.kind === 'right' ? verdict.proof : null;
}
