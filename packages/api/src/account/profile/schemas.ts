import { Role } from '@alice/db/models';
import { z } from 'zod';
import { id, rowId } from '../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../platform/schemas/paging.ts';
import { text } from '../../platform/schemas/text.ts';
import { instant, timeZone, zoneName } from '../../platform/schemas/time.ts';
import { expectedVersion, version } from '../../platform/schemas/version.ts';

/** What people call themselves: 1 to 100 code points, not only white space. */
export const userName = text(1, 100).refine((value) => value.trim() !== '', 'must not be blank');

export const role = z.enum(Role).meta({ id: 'Role', description: 'What a person may do.', examples: ['user'] });

const displayName = z.string().meta({ examples: ['Ada Lovelace'] });

export const user = z
  .object({
    id: rowId,
    email: z.string().meta({ format: 'email', examples: ['ada@example.com'] }),
    name: displayName,
    role,
    timeZone: zoneName,
    emailVerifiedAt: instant
      .nullable()
      .meta({ description: 'When the person showed that the address is theirs.', examples: [null] }),
    deletionDueAt: instant
      .nullable()
      .meta({ description: 'When the account goes for good, unless its deletion is called off.', examples: [null] }),
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'User', description: 'A person as they see themselves.' });

export const updateUserInput = z
  .strictObject({
    expectedVersion,
    name: userName.optional(),
    timeZone: timeZone.optional(),
  })
  .meta({ examples: [{ timeZone: 'Europe/Berlin' }] });

export const publicUser = z
  .object({ id: rowId, name: displayName })
  .meta({ id: 'PublicUser', description: 'A person as others see them.' });

export const account = user
  .extend({
    disabledAt: instant.nullable().meta({ description: 'Since when the person is locked out.', examples: [null] }),
  })
  .meta({ id: 'Account', description: 'A person as administrators see them.' });

/** What administration changes. The address is not among it: a kept reply must not outlive the person. */
export const accountState = account
  .pick({ id: true, role: true, disabledAt: true, version: true, updatedAt: true })
  .meta({ id: 'AccountState', description: 'What administrators decide about an account.' });

export const userInput = z.strictObject({ id });
export const changeRoleInput = z.strictObject({ id, role }).meta({ examples: [{ role: 'admin' }] });
export const listUsersInput = z.strictObject({
  limit,
  cursor: cursor.optional(),
  text: text(1, 200).optional().describe('A part of the name or of the address, in any case.'),
  role: role.optional(),
  isDisabled: z.boolean().optional().describe('Only those who are locked out, or only those who are not.'),
});
export const accountPage = page(account);

export type UserInput = z.output<typeof userInput>;
export type ChangeRoleInput = z.output<typeof changeRoleInput>;
export type AccountStateOut = z.input<typeof accountState>;
export type ListUsersInput = z.output<typeof listUsersInput>;
export type PublicUserOut = z.input<typeof publicUser>;
export type AccountOut = z.input<typeof account>;
export type UpdateUserInput = z.output<typeof updateUserInput>;
/** A person as they go over the wire. */
export type UserOut = z.input<typeof user>;
