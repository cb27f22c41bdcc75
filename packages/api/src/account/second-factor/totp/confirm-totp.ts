import { rowOf, sql } from '@alice/db';
import type { UserContext } from '../../../context.ts';
import { invalid, notFound } from '../../../errors/domain-error.ts';
import { lockPerson } from '../../../platform/history/lock-person.ts';
import { updateRow } from '../../../platform/history/update-rows.ts';
import { countFactors, findFactors } from '../find-factors.ts';
import { createRecoveryCodes } from '../recovery-codes/create-recovery-codes.ts';
import { sendFactorMail } from '../send-factor-mail.ts';
import { endTotps } from './end-totps.ts';
import { totps } from './entity.ts';
import type { ConfirmedOut, ConfirmTotpInput } from './schemas.ts';
import { stepOf } from './totp-code.ts';

const findUnconfirmed = sql({
  name: 'totp.unconfirmed',
  returns: rowOf('totps', 'id', 'sealedSecret'),
  text: `
    SELECT id, sealed_secret AS "sealedSecret" FROM totps
     WHERE user_id = $1 AND confirmed_at IS NULL AND ended_at IS NULL`,
});

/**
 * Activates the enrolled authenticator app and replaces an earlier one. The code proves that the app has the secret,
 * and is consumed. Throws NOT_FOUND if no app was enrolled, VALIDATION_FAILED for a wrong code.
 */
export function confirmTotp(ctx: UserContext, { code }: ConfirmTotpInput): Promise<ConfirmedOut> {
  const { deps, user } = ctx;
  return deps.db.transaction(async ({ query }) => {
    await lockPerson(user.id, query);
    const [enrolled] = await query<{ id: string; sealedSecret: string }>(findUnconfirmed, [user.id]);
    if (enrolled === undefined) throw notFound('pending authenticator setup');
    const now = deps.clock.now();
    const step = stepOf(deps.sealer.open(enrolled.sealedSecret), code, now);
    if (step === null) throw invalid('code', 'is wrong: check the clock of the device');

    const isFirst = countFactors(await findFactors(query, user.id)) === 0;
    const replaced = await endTotps(ctx, 'confirmed', 'replace', query);
    const set = { confirmedAt: now.toISOString(), lastStep: step };
    await updateRow({ deps, user, query }, totps, { id: enrolled.id, action: 'confirm', set });
    const recoveryCodes = isFirst ? await createRecoveryCodes(ctx, user.id, query) : null;
    const what = replaced > 0 ? 'the authenticator app was replaced by another' : 'an authenticator app was added';
    await sendFactorMail(ctx, user.id, what, query);
    return { recoveryCodes };
  });
}
