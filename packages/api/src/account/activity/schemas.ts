import { ActivityEntity } from '@alice/db/models';
import { z } from 'zod';
import { rowId } from '../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../platform/schemas/paging.ts';
import { instant } from '../../platform/schemas/time.ts';

/** What guards an account: all that has a history but tasks and goals. */
export const securityEntity = z
  .enum(ActivityEntity)
  .exclude(['task', 'goal'])
  .meta({ id: 'SecurityEntity', description: 'What it happened to.', examples: ['session'] });

const value = z.string().nullable();

export const securityEvent = z
  .object({
    number: z
      .int()
      .min(1)
      .meta({ description: "Counts a person's changes from 1.", examples: [57] }),
    happenedAt: instant,
    action: z.string().meta({
      description: 'What was done: register, login, failed_login, logout, revoked, update, disable, change_role …',
      examples: ['login'],
    }),
    entity: securityEntity,
    entityId: rowId,
    actor: z.enum(['you', 'administrator', 'unknown']).meta({
      description: 'Who did it. Of a sign-in that failed, nobody knows.',
      examples: ['you'],
    }),
    sessionId: z
      .string()
      .nullable()
      .meta({
        format: 'uuid',
        description: 'The session, or the API key, that it came with; null where there was none, or it is not yours.',
        examples: ['019aab7e-58f0-7c3a-9d51-2b1f6c0e4a77'],
      }),
    userAgent: z
      .string()
      .nullable()
      .meta({ description: 'What the client called itself.', examples: ['Mozilla/5.0'] }),
    address: z
      .string()
      .nullable()
      .meta({ description: 'Where the session was begun, or tried to be.', examples: ['192.0.2.1'] }),
    details: z.record(z.string(), z.tuple([value, value])).meta({
      description: 'The fields that changed: what was, and what is. No secrets.',
      examples: [{ name: ['Ada', 'Ada Lovelace'] }],
    }),
  })
  .meta({ id: 'SecurityEvent', description: 'Something that happened to the account.' });

export const listSecurityActivityInput = z.strictObject({ limit, cursor: cursor.optional() });
export const securityActivityPage = page(securityEvent);

export type ListSecurityActivityInput = z.output<typeof listSecurityActivityInput>;
export type SecurityEventOut = z.input<typeof securityEvent>;
