import { DomainError } from '../../../errors/domain-error.ts';
import { mostPasskeys } from './find-passkeys.ts';

/** Throws CONFLICT for a person who has as many passkeys as one may have. */
export function requireRoom(count: number): void {
  if (count < mostPasskeys) return;
  throw new DomainError('CONFLICT', `There are ${mostPasskeys} passkeys already: remove one first`);
}
