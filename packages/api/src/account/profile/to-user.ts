import type { Rows } from '@alice/db';
import type { UserOut } from './schemas.ts';

/** What users see of their own row: never the password hash. */
export const shownColumns = {
  id: true,
  email: true,
  name: true,
  role: true,
  timeZone: true,
  weekStart: true,
  emailVerifiedAt: true,
  deletionDueAt: true,
  version: true,
  createdAt: true,
  updatedAt: true,
} as const satisfies Record<keyof UserOut, true>;

/** Converts a row to its wire form. */
export function toUser(row: Pick<Rows['users'], keyof UserOut>): UserOut {
  const { id, email, name, role, timeZone, weekStart, emailVerifiedAt, deletionDueAt, version, createdAt, updatedAt } =
    row;
  return { id, email, name, role, timeZone, weekStart, emailVerifiedAt, deletionDueAt, version, createdAt, updatedAt };
}
