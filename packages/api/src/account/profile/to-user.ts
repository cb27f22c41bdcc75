import type { Rows } from '@alice/db';
import type { UserOut } from './schemas.ts';

/** A row as the wire shows it to the person. */
export function toUser(row: Omit<Rows['users'], 'passwordHash' | 'passwordStandsAlone'>): UserOut {
  const { id, email, name, role, timeZone, emailVerifiedAt, deletionDueAt, version, createdAt, updatedAt } = row;
  return { id, email, name, role, timeZone, emailVerifiedAt, deletionDueAt, version, createdAt, updatedAt };
}
