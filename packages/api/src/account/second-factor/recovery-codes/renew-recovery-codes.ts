import type { UserContext } from '../../../context.ts';
import { DomainError } from '../../../errors/domain-error.ts';
import { lockPerson } from '../../../platform/history/lock-person.ts';
import { countFactors, findFactors } from '../find-factors.ts';
import { recordEvent } from '../record-event.ts';
import type { RecoveryCodesOut } from '../schemas.ts';
import { sendFactorMail } from '../send-factor-mail.ts';
import { createRecoveryCodes } from './create-recovery-codes.ts';

/** Makes ten new codes; all earlier ones count no more. Throws CONFLICT where there is no second factor to stand in for. */
export function renewRecoveryCodes(ctx: UserContext): Promise<RecoveryCodesOut> {
  const { id: userId, sessionId } = ctx.user;
  return ctx.deps.db.transaction(async ({ query }) => {
    await lockPerson(userId, query);
    if (countFactors(await findFactors(query, userId)) === 0) {
      throw new DomainError('CONFLICT', 'Add an authenticator app or a passkey first: recovery codes stand in for one');
    }
    const recoveryCodes = await createRecoveryCodes(ctx, userId, query);
    await recordEvent(ctx, { userId, sessionId, action: 'renew_recovery_codes' }, query);
    await sendFactorMail(ctx, userId, 'new recovery codes were made, and earlier ones count no more', query);
    return { recoveryCodes };
  });
}
