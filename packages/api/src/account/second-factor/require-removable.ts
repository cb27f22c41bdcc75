import type { RunQuery } from '@alice/db';
import { DomainError } from '../../errors/domain-error.ts';
import { countFactors, findFactors } from './find-factors.ts';
import { deleteRecoveryCodes } from './recovery-codes/create-recovery-codes.ts';

/**
 * Call it while `lockPerson` holds the lock, before a factor is removed. Throws CONFLICT if it is the last one and the
 * password is too short to be used alone. Deletes the recovery codes with the last factor.
 */
export async function requireRemovable(query: RunQuery, userId: string): Promise<void> {
  const factors = await findFactors(query, userId);
  if (countFactors(factors) > 1) return;
  if (!factors.passwordStandsAlone) {
    throw new DomainError(
      'CONFLICT',
      'Your password is too short to be used without a second factor: first choose one with at least 15 characters',
    );
  }
  await deleteRecoveryCodes(userId, query);
}
