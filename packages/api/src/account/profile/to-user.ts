import type { Rows } from '@alice/db';
import type { UserOut } from './schemas.ts';

/** Converts a row to its wire form. */
export function toUser(row: Pick<Rows['users'], keyof UserOut>): UserOut {
  const { id, email, name, role, timeZone, emailVerifiedAt, deletionDueAt, version, createdAt, updatedAt } = row;
  return { id, email, name, role, timeZone, emailVerifiedAt, deletionDueAt, version, createdAt, updatedAt };
}
