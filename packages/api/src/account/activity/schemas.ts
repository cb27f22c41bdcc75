import { z } from 'zod';
import { rowId } from '../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../platform/schemas/paging.ts';
import { instant } from '../../platform/schemas/time.ts';

/** The entities of the security history: those of an account. A test compares them with their definitions. */
export const securityEntity = z
  .enum(['user', 'session', 'api_key', 'passkey', 'totp'])
  .meta({ id: 'SecurityEntity', description: 'The entity that the event is about.', examples: ['session'] });

const value = z.string().nullable();

export const securityEvent = z
  .object({
    number: z
      .int()
      .min(1)
      .meta({ description: "Sequence number among the user's changes, from 1.", examples: [57] }),
    happenedAt: instant,
    action: z.string().meta({
      description: 'The action: register, login, failed_login, logout, revoked, update, disable, change_role …',
      examples: ['login'],
    }),
    entity: securityEntity,
    entityId: rowId,
    actor: z.enum(['you', 'administrator', 'unknown']).meta({
      description: 'Who did it. Unknown for a failed sign-in.',
      examples: ['you'],
    }),
    sessionId: z
      .string()
      .nullable()
      .meta({
        format: 'uuid',
        description:
          'The session or the API key that was used; null if there was none, or if it belongs to another user.',
        examples: ['019aab7e-58f0-7c3a-9d51-2b1f6c0e4a77'],
      }),
    userAgent: z
      .string()
      .nullable()
      .meta({ description: 'The User-Agent header of the client.', examples: ['Mozilla/5.0'] }),
    address: z
      .string()
      .nullable()
      .meta({ description: 'The IP address of the sign-in, successful or not.', examples: ['192.0.2.1'] }),
    details: z.record(z.string(), z.tuple([value, value])).meta({
      description: 'The changed fields, each with its old and its new value. Secrets are left out.',
      examples: [{ name: ['Ada', 'Ada Lovelace'] }],
    }),
  })
  .meta({ id: 'SecurityEvent', description: 'A security event of the account.' });

export const listSecurityActivityInput = z.strictObject({ limit, cursor: cursor.optional() });
export const securityActivityPage = page(securityEvent);

export type ListSecurityActivityInput = z.output<typeof listSecurityActivityInput>;
export type SecurityEventOut = z.input<typeof securityEvent>;
