import { sql, types } from '@alice/db';
import type { Context } from '../../../context.ts';
import { recordEvent } from '../record-event.ts';
import { sendFactorMail } from '../send-factor-mail.ts';
import type { Proof } from '../use-proof.ts';
import { hashRecoveryCode } from './recovery-codes.ts';

/** $1 user, $2 id, $3 now. */
const spend = sql({
  name: 'secondFactor.useRecoveryCode',
  returns: { left: types.number },
  text: `
    UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND id = $2 AND used_at IS NULL
    RETURNING (SELECT count(*) - 1 FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL) AS "left"`,
});

/**
 * Verifies a recovery code; null if it is wrong or was already used. Its use is recorded, and a mail notifies the user.
 */
export async function verifyRecoveryCode(ctx: Context, userId: string, code: string): Promise<Proof | null> {
  const { deps } = ctx;
  const found = await deps.db.prisma.recoveryCode.findFirst({
    where: { userId, hash: Uint8Array.from(hashRecoveryCode(userId, code)), usedAt: null },
    select: { id: true },
  });
  if (found === null) return null;
  return {
    userId,
    passes: [],
    async use(query) {
      const [spent] = await query<{ left: number }>(spend, [userId, found.id, deps.clock.now().toISOString()]);
      if (spent === undefined) return false;
      const event = { userId, sessionId: null, action: 'recovery_code_used', after: { left: spent.left } } as const;
      await recordEvent(ctx, event, query);
      await sendFactorMail(ctx, userId, `a recovery code was used, ${spent.left} are left`, query);
      return true;
    },
  };
}
