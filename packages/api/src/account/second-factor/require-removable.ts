import type { RunQuery } from '@alice/db';
import { DomainError } from '../../errors/domain-error.ts';
import { countFactors, findFactors } from './find-factors.ts';
import { deleteRecoveryCodes } from './recovery-codes/create-recovery-codes.ts';

/**
 * Call it under the lock of `lockPerson`, before a factor is removed. Throws CONFLICT where it is the last one and the
 * password is too short to stand alone. With the last one the recovery codes go, too.
 */
export async function requireRemovable(query: RunQuery, userId: string): Promise<void> {
  const factors = await findFactors(query, userId);
  if (countFactors(factors) > 1) return;
  if (!factors.passwordStandsAlone) {
    throw new DomainError(
      'CONFLICT',
      'This is the last second factor, and the password is too short to count alone: choose one of 15 characters or more first',
    );
  }
  await deleteRecoveryCodes(userId, query);
}
