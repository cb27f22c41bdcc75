import type { Context, Identity } from '../../context.ts';
import { sendFailureAside } from '../sign-in/send-failed-sign-in.ts';
import { recordEvent } from './record-event.ts';
import type { ShowFactorInput } from './schemas.ts';

/** Records a wrong second factor in the security history. */
export async function recordFailure(
  ctx: Context & { readonly user?: Identity },
  userId: string,
  shown: ShowFactorInput,
): Promise<void> {
  if (ctx.user === undefined) {
    const method = shown.code !== undefined ? 'totp' : shown.passkey !== undefined ? 'passkey' : 'recoveryCode';
    return recordEvent(ctx, { userId, sessionId: null, action: 'second_factor_failed', after: { method } });
  }
  const person = await ctx.deps.db.prisma.user.findFirst({ where: { id: userId }, select: { email: true } });
  if (person !== null) sendFailureAside(ctx, person.email, { action: 'second_factor_failed' });
}
