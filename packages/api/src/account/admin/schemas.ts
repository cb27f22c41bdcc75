import { z } from 'zod';
import { id } from '../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../platform/schemas/paging.ts';
import { text } from '../../platform/schemas/text.ts';
import { instant } from '../../platform/schemas/time.ts';
import { role, user } from '../profile/schemas.ts';

export const account = user
  .extend({
    disabledAt: instant
      .nullable()
      .meta({ description: 'When the user was disabled; null if the user is enabled.', examples: [null] }),
  })
  .meta({ id: 'Account', description: 'A user, as administrators see it.' });

/** What administrators change. It has no email address: a stored response must not outlive the user. */
export const accountState = account
  .pick({ id: true, role: true, disabledAt: true, version: true, updatedAt: true })
  .meta({ id: 'AccountState', description: 'The role and the state of an account.' });

export const changeRoleInput = z.strictObject({ id, role }).meta({ examples: [{ role: 'admin' }] });

export const listUsersInput = z.strictObject({
  limit,
  cursor: cursor.optional(),
  text: text(1, 200).optional().describe('Text in the name or in the email address, case-insensitive.'),
  role: role.optional(),
  isDisabled: z.boolean().optional().describe('Only disabled users, or only enabled users.'),
});

export const accountPage = page(account);

export type ChangeRoleInput = z.output<typeof changeRoleInput>;
export type AccountStateOut = z.input<typeof accountState>;
export type ListUsersInput = z.output<typeof listUsersInput>;
export type AccountOut = z.input<typeof account>;
