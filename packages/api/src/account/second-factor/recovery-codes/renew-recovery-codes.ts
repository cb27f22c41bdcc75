import type { UserContext } from '../../../context.ts';
import { DomainError } from '../../../errors/domain-error.ts';
import { lockPerson } from '../../../platform/history/lock-person.ts';
import { countFactors, findFactors } from '../find-factors.ts';
import { recordEvent } from '../record-event.ts';
import type { RecoveryCodesOut } from '../schemas.ts';
import { sendFactorMail } from '../send-factor-mail.ts';
import { createRecoveryCodes } from './create-recovery-codes.ts';

/** Creates ten new codes; earlier codes become invalid. Throws CONFLICT without a second factor. */
export function renewRecoveryCodes(ctx: UserContext): Promise<RecoveryCodesOut> {
  const { id: userId, sessionId } = ctx.user;
  return ctx.deps.db.transaction(async ({ query }) => {
    await lockPerson(userId, query);
    if (countFactors(await findFactors(query, userId)) === 0) {
      throw new DomainError(
        'CONFLICT',
        'Recovery codes need a second factor: first add an authenticator app or a passkey',
      );
    }
    const recoveryCodes = await createRecoveryCodes(ctx, userId, query);
    await recordEvent(ctx, { userId, sessionId, action: 'renew_recovery_codes' }, query);
    await sendFactorMail(ctx, userId, 'the recovery codes were regenerated, and earlier codes are invalid', query);
    return { recoveryCodes };
  });
}
