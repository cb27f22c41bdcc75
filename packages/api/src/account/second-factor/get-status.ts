import type { UserContext } from '../../context.ts';
import { countFactors, findFactors } from './find-factors.ts';
import type { StatusOut } from './schemas.ts';

const fewCodes = 3;

/** The two-factor status of the current user. */
export async function getStatus({ deps, user }: UserContext): Promise<StatusOut> {
  const factors = await findFactors(deps.db.query, user.id);
  const { totp, passkeys, recoveryCodes } = factors;
  const areRecoveryCodesLow = countFactors(factors) > 0 && recoveryCodes <= fewCodes;
  return { totp, passkeys, recoveryCodesLeft: recoveryCodes, areRecoveryCodesLow };
}
