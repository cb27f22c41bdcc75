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

/** For whom a ticket was made. */
export type Ticket = Pass & { readonly userId: string };

/** Throws INVALID_TOKEN, the same for whatever is wrong with a ticket. */
export function openTicket({ deps }: Context, ticket: string, purpose: 'sign-in' | 'confirm'): Ticket {
  const pass = openPass(deps, ticket, purpose);
  if (pass === null || pass.userId === null) throw badTicket();
  return { ...pass, userId: pass.userId };
}

export function badTicket(): DomainError {
  return new DomainError('INVALID_TOKEN', 'This ticket has been used, or has expired: begin again with the password');
}

interface VerifyOptions<Result> {
  /** Gives what the same request got before. */
  readonly repeat?: () => Promise<Result | null>;
  /** The person was signed in from this network before. */
  readonly isKnownNetwork?: boolean;
}

/**
 * Looks at what was shown beside a ticket, within the budget of guesses of the session, the network or all strangers, and
 * has `allow` use it up. Whatever is wrong leaves a line in the history and throws INVALID_CREDENTIALS, and so does what was
 * used before, unless by the same request. Throws TOO_MANY_REQUESTS.
 */
export async function verifySecondFactor<Result>(
  ctx: Context & { readonly user?: Identity },
  ticket: Ticket,
  input: ShowFactorInput,
  allow: (proof: Proof) => Promise<Result | null>,
  { repeat = async () => null, isKnownNetwork = false }: VerifyOptions<Result> = {},
): Promise<Result> {
  const { userId, sessionId } = ticket;
  // Passkeys and recovery codes cannot be guessed: they stay open to an owner whose codes somebody guesses at.
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
  ctx.request.log.warn({ userId }, 'a second factor was wrong');
  throw new DomainError('INVALID_CREDENTIALS', 'That is wrong, or was used before');
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
