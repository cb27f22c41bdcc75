import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { beforeTransaction } from '../../platform/idempotency/before-transaction.ts';
import { findAccount, type GuardedAccount } from '../sign-in/find-account.ts';
import { sendVerification } from './send-verification.ts';

/** Sends the verification mail again; nothing if the address is verified. Throws TOO_MANY_REQUESTS. */
export async function resendVerification(ctx: UserContext): Promise<{ ok: true }> {
  const account = await beforeTransaction(ctx, findUnverified);
  if (account !== null) await ctx.deps.db.transaction(({ query }) => sendVerification(ctx, account, query));
  return { ok: true };
}

/** The account, after the mail was counted; null if nothing is to be sent. */
async function findUnverified({ deps, request, user }: UserContext): Promise<GuardedAccount | null> {
  const account = await findAccount(user.id, deps.db.query);
  if (account === undefined) throw notFound('user');
  if (account.emailVerifiedAt !== null) return null;
  // Counted by account id: the address may belong to someone else, whose password reset mails must not be used up.
  await deps.guesses.count({ kind: 'mail', address: request.address, account: account.id });
  return account;
}
