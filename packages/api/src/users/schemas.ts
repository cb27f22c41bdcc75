import { Role } from '@alice/db/models';
import { z } from 'zod';
import { id } from '../shared/ids.ts';
import { cursor, limit, page } from '../shared/paging.ts';
import { text } from '../shared/text.ts';
import { instant, timeZone } from '../shared/time.ts';
import { expectedVersion, version } from '../shared/version.ts';

/** What people call themselves: 1 to 100 code points, not only white space. */
export const userName = text(1, 100).refine((value) => value.trim() !== '', 'must not be blank');

/** A person as they see themselves. */
export const user = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(Role),
  timeZone: z.string(),
  version,
  createdAt: instant,
  updatedAt: instant,
});

export const updateUserInput = z.strictObject({
  expectedVersion,
  name: userName.optional(),
  timeZone: timeZone.optional(),
});

/** A person as others see them. */
export const publicUser = z.object({ id: z.string(), name: z.string() });

/** A person as administrators see them. */
export const account = user.extend({ disabledAt: instant.nullable() });

export const userInput = z.strictObject({ id });
export const listUsersInput = z.strictObject({ limit, cursor: cursor.optional() });
export const accountPage = page(account);

export type UserInput = z.output<typeof userInput>;
export type ListUsersInput = z.output<typeof listUsersInput>;
export type PublicUserOut = z.input<typeof publicUser>;
export type AccountOut = z.input<typeof account>;
export type UpdateUserInput = z.output<typeof updateUserInput>;
/** A person as they go over the wire. */
export type UserOut = z.input<typeof user>;
