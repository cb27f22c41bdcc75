import { Role } from '@alice/db/models';
import { z } from 'zod';
import { id, rowId } from '../../platform/schemas/ids.ts';
import { text } from '../../platform/schemas/text.ts';
import { instant, timeZone, zoneName } from '../../platform/schemas/time.ts';
import { expectedVersion, version } from '../../platform/schemas/version.ts';
import { weekStart } from '../../platform/schemas/week.ts';

/** The display name of a user: 1 to 100 code points, not only white space. */
export const userName = text(1, 100).refine((value) => value.trim() !== '', 'must not be blank');

export const role = z.enum(Role).meta({ id: 'Role', description: 'The role of a user.', examples: ['user'] });

const displayName = z.string().meta({ examples: ['Ada Lovelace'] });

export const user = z
  .object({
    id: rowId,
    email: z.string().meta({ format: 'email', examples: ['ada@example.com'] }),
    name: displayName,
    role,
    timeZone: zoneName,
    weekStart,
    emailVerifiedAt: instant
      .nullable()
      .meta({ description: 'When the email address was verified; null if it was not.', examples: [null] }),
    deletionDueAt: instant
      .nullable()
      .meta({ description: 'When the account will be deleted; null if no deletion is scheduled.', examples: [null] }),
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'User', description: 'The current user.' });

export const updateUserInput = z
  .strictObject({
    expectedVersion,
    name: userName.optional(),
    timeZone: timeZone.optional(),
    weekStart: weekStart.optional(),
  })
  .meta({ examples: [{ timeZone: 'Europe/Berlin' }] });

export const publicUser = z
  .object({ id: rowId, name: displayName })
  .meta({ id: 'PublicUser', description: 'A public profile.' });

export const userInput = z.strictObject({ id });

export type UserInput = z.output<typeof userInput>;
export type PublicUserOut = z.input<typeof publicUser>;
export type UpdateUserInput = z.output<typeof updateUserInput>;
/** A user in its wire form. */
export type UserOut = z.input<typeof user>;
