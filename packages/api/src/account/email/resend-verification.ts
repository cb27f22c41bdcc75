import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { beforeTransaction } from '../../platform/idempotency/before-transaction.ts';
import { findAccount, type GuardedAccount } from '../sign-in/find-account.ts';
import { sendVerification } from './send-verification.ts';

/** Sends the mail again that asks whether the address is the person's; nothing where that is known. Throws TOO_MANY_REQUESTS. */
export async function resendVerification(ctx: UserContext): Promise<{ ok: true }> {
  const account = await beforeTransaction(ctx, findUnverified);
  if (account !== null) await ctx.deps.db.transaction(({ query }) => sendVerification(ctx, account, query));
  return { ok: true };
}

/** The account, once the mail has been counted; null where nothing is to be sent. */
async function findUnverified({ deps, request, user }: UserContext): Promise<GuardedAccount | null> {
  const account = await findAccount(user.id, deps.db.query);
  if (account === undefined) throw notFound('user');
  if (account.emailVerifiedAt !== null) return null;
  // Counted by the account's id: the address may be somebody else's, who then has all mails that reset the password.
  await deps.guesses.count({ kind: 'mail', address: request.address, account: account.id });
  return account;
}
