import type { Context, Identity } from '../context.ts';
import { recordEvent } from './record-event.ts';
import type { ShowFactorInput } from './schemas.ts';

const findEmail = { name: 'secondFactor.email', text: 'SELECT email FROM users WHERE id = $1' };

/** Notes in the person's history that a second factor was wrong. */
export async function recordFailure(
  ctx: Context & { readonly user?: Identity },
  userId: string,
  shown: ShowFactorInput,
): Promise<void> {
  const { deps, request } = ctx;
  if (ctx.user === undefined) {
    const method = shown.code !== undefined ? 'totp' : shown.passkey !== undefined ? 'passkey' : 'recoveryCode';
    return recordEvent(ctx, { userId, sessionId: null, action: 'second_factor_failed', after: { method } });
  }
  const [person] = await deps.db.query<{ email: string }>(findEmail, [userId]);
  if (person === undefined) return;
  const { address, userAgent } = request;
  const at = deps.clock.now().toISOString();
  const failed = { email: person.email, action: 'second_factor_failed', address, userAgent, at } as const;
  // Not waited for: under an idempotency key this runs in a transaction, which the failure takes back.
  deps.jobs.send('failed-sign-in', failed).catch((error: unknown) => {
    request.log.warn({ err: error }, 'could not note a failed confirmation');
  });
}
