import type { UserContext } from '../../../context.ts';
import { notFound } from '../../../errors/domain-error.ts';
import { lockPerson } from '../../../platform/history/lock-person.ts';
import { findFactors } from '../find-factors.ts';
import { requireRemovable } from '../require-removable.ts';
import { sendFactorMail } from '../send-factor-mail.ts';
import { endTotps } from './end-totps.ts';

/**
 * Removes the authenticator app. Throws NOT_FOUND if there is none, CONFLICT if the password is too short to be used
 * without it.
 */
export function removeTotp(ctx: UserContext): Promise<{ ok: true }> {
  const { deps, user } = ctx;
  return deps.db.transaction(async ({ query }) => {
    await lockPerson(user.id, query);
    if (!(await findFactors(query, user.id)).totp) throw notFound('authenticator app');
    await requireRemovable(query, user.id);
    await endTotps(ctx, 'confirmed', 'remove', query);
    await endTotps(ctx, 'unconfirmed', 'remove', query);
    await sendFactorMail(ctx, user.id, 'the authenticator app was removed', query);
    return { ok: true } as const;
  });
}
