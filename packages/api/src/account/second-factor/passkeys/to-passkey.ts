import type { Rows } from '@alice/db';
import type { PasskeyOut } from './schemas.ts';

/** A row as the wire shows it. */
export function toPasskey(row: Rows['passkeys']): PasskeyOut {
  const { id, name, backedUp, lastUsedAt, version, createdAt, updatedAt } = row;
  return { id, name, backedUp, lastUsedAt, version, createdAt, updatedAt };
}
