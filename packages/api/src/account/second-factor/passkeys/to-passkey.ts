import type { Rows } from '@alice/db';
import type { PasskeyOut } from './schemas.ts';

/** Converts a row to its wire form. */
export function toPasskey(row: Pick<Rows['passkeys'], keyof PasskeyOut>): PasskeyOut {
  const { id, name, backedUp, lastUsedAt, version, createdAt, updatedAt } = row;
  return { id, name, backedUp, lastUsedAt, version, createdAt, updatedAt };
}
