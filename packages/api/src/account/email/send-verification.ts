import type { RunQuery } from '@alice/db';
import type { Context } from '../../context.ts';
import { createToken } from './one-time-tokens.ts';

/** Sends the verification mail. */
export async function sendVerification(
  ctx: Context,
  { id, email, name }: { readonly id: string; readonly email: string; readonly name: string },
  query: RunQuery,
): Promise<void> {
  const token = await createToken(ctx, { userId: id, purpose: 'verify_email', email }, query);
  await ctx.deps.jobs.send('mail', { to: email, name, kind: 'verify-email', token }, { query });
}
