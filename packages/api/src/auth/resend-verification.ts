import type { UserContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { findAccount } from './find-account.ts';
import { sendVerification } from './send-verification.ts';

/** Sends the mail again that asks whether the address is the person's; nothing where that is known. Throws TOO_MANY_REQUESTS. */
export async function resendVerification(ctx: UserContext): Promise<{ ok: true }> {
  const { deps, request, user } = ctx;
  const account = await findAccount(user.id, deps.db.query);
  if (account === undefined) throw notFound('user');
  if (account.emailVerifiedAt !== null) return { ok: true };
  // Counted by the account's id: the address may be somebody else's, who then has all mails that reset the password.
  await deps.guesses.count({ kind: 'mail', address: request.address, account: account.id });
  await deps.db.transaction(({ query }) => sendVerification(ctx, account, query));
  return { ok: true };
}
