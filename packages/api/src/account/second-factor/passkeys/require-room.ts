import { DomainError } from '../../../errors/domain-error.ts';
import { mostPasskeys } from './find-passkeys.ts';

/** Throws CONFLICT if the user has the maximum number of passkeys. */
export function requireRoom(count: number): void {
  if (count < mostPasskeys) return;
  throw new DomainError('CONFLICT', `You already have ${mostPasskeys} passkeys: remove one first`);
}
