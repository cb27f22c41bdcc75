import { z } from 'zod';
import { id } from '../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../platform/schemas/paging.ts';
import { text } from '../../platform/schemas/text.ts';
import { instant } from '../../platform/schemas/time.ts';
import { role, user } from '../profile/schemas.ts';

export const account = user
  .extend({
    disabledAt: instant.nullable().meta({ description: 'Since when the person is locked out.', examples: [null] }),
  })
  .meta({ id: 'Account', description: 'A person as administrators see them.' });

/** What administration changes. The address is not among it: a kept reply must not outlive the person. */
export const accountState = account
  .pick({ id: true, role: true, disabledAt: true, version: true, updatedAt: true })
  .meta({ id: 'AccountState', description: 'What administrators decide about an account.' });

export const changeRoleInput = z.strictObject({ id, role }).meta({ examples: [{ role: 'admin' }] });

export const listUsersInput = z.strictObject({
  limit,
  cursor: cursor.optional(),
  text: text(1, 200).optional().describe('A part of the name or of the address, in any case.'),
  role: role.optional(),
  isDisabled: z.boolean().optional().describe('Only those who are locked out, or only those who are not.'),
});

export const accountPage = page(account);

export type ChangeRoleInput = z.output<typeof changeRoleInput>;
export type AccountStateOut = z.input<typeof accountState>;
export type ListUsersInput = z.output<typeof listUsersInput>;
export type AccountOut = z.input<typeof account>;
