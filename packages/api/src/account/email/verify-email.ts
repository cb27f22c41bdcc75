import type { Context } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { findAccount } from '../sign-in/find-account.ts';
import { markVerified } from './mark-verified.ts';
import { findToken, takeToken, voidTokens } from './one-time-tokens.ts';
import type { TokenInput } from './schemas.ts';

/** Marks the address of a mail's recipient as verified. Throws INVALID_TOKEN, also for a used token. */
export async function verifyEmail(ctx: Context, input: TokenInput): Promise<{ ok: true }> {
  const { deps } = ctx;
  const token = await findToken(ctx, input.token, ['verify_email']);
  const { userId } = token;
  await deps.db.transaction(async ({ query }) => {
    await lockPerson(userId, query);
    await takeToken(ctx, token, query);
    const account = await findAccount(userId, query);
    if (account === undefined || account.email !== token.email) throw new DomainError('INVALID_TOKEN');
    await markVerified({ deps, query, user: { id: userId, sessionId: null } }, account);
    await voidTokens(userId, query, ['verify_email']);
  });
  deps.changes.announce(userId);
  return { ok: true };
}
