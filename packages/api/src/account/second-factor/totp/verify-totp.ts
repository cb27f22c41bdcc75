import { rowOf, sql } from '@alice/db';
import type { Context } from '../../../context.ts';
import type { Proof } from '../use-proof.ts';
import { stepOf } from './totp-code.ts';

/** $1 user, $2 id, $3 time step. A code can be used once, and codes of earlier steps are rejected after it. */
const useStep = sql({
  name: 'totp.useStep',
  returns: rowOf('totps', 'id'),
  text: `
    UPDATE totps SET last_step = $3 WHERE user_id = $1 AND id = $2 AND last_step < $3 AND ended_at IS NULL RETURNING id`,
});

/** Verifies a TOTP code; null if it is wrong or was already used. */
export async function verifyTotp({ deps }: Context, userId: string, code: string): Promise<Proof | null> {
  const found = await deps.db.prisma.totp.findFirst({
    where: { userId, confirmedAt: { not: null }, endedAt: null },
    select: { id: true, sealedSecret: true, lastStep: true },
  });
  if (found === null) return null;
  const step = stepOf(deps.sealer.open(found.sealedSecret), code, deps.clock.now());
  if (step === null || step <= found.lastStep) return null;
  return {
    userId,
    passes: [],
    use: async (query) => (await query(useStep, [userId, found.id, step])).length === 1,
  };
}
