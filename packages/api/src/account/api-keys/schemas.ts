import { z } from 'zod';
import { id, rowId } from '../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../platform/schemas/paging.ts';
import { scope } from '../../platform/schemas/scopes.ts';
import { text } from '../../platform/schemas/text.ts';
import { instant } from '../../platform/schemas/time.ts';
import { expectedVersion, version } from '../../platform/schemas/version.ts';

/** 1 to 100 code points, not only white space. */
const keyName = text(1, 100)
  .refine((value) => value.trim() !== '', 'must not be blank')
  .describe('What it is for, so that you know which to revoke.');

const areDistinct = (values: readonly string[]) => new Set(values).size === values.length;

/** How long a key still counts after it was replaced, so that every place that has it can be given the new one. */
export const replacedHours = 24;

/** A day to a year: a key that nobody remembers ends. */
const lifeDays = z.int().min(1).max(366).default(90).describe('After how many days it ends.');

export const apiKey = z
  .object({
    id: rowId,
    name: z.string().meta({ description: 'What it is for.', examples: ['Backup script'] }),
    hint: z
      .string()
      .meta({ description: 'The last characters of the key, to tell it from others.', examples: ['x3Qk'] }),
    scopes: z.array(scope).meta({ description: 'What it may do.', examples: [['tasks:read', 'tasks:write']] }),
    expiresAt: instant,
    lastUsedAt: instant
      .nullable()
      .meta({ description: 'When it was last used, to the minute; null before its first use.', examples: [null] }),
    lastUsedAddress: z
      .string()
      .nullable()
      .meta({ description: 'The network address that it was last used from.', examples: ['192.0.2.1'] }),
    endedAt: instant.nullable().meta({ description: 'When it was revoked.', examples: [null] }),
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'ApiKey', description: 'What a program may call with, without the key itself.' });

export const createdApiKey = z
  .object({
    key: z.string().meta({
      description: 'The key itself. It is shown once and kept as a hash: store it now.',
      examples: ['alice_AZTV…x3Qk'],
    }),
    apiKey,
  })
  .meta({ id: 'CreatedApiKey', description: 'A new API key, with the one sight of its secret.' });

export const createApiKeyInput = z
  .strictObject({
    name: keyName,
    scopes: z.array(scope).min(1).max(20).refine(areDistinct, 'must name each scope once').describe('What it may do.'),
    expiresInDays: lifeDays,
  })
  .meta({ examples: [{ name: 'Backup script', scopes: ['tasks:read', 'goals:read'], expiresInDays: 30 }] });

export const apiKeyInput = z.strictObject({ id });

export const renameApiKeyInput = z
  .strictObject({ id, name: keyName, expectedVersion })
  .meta({ examples: [{ name: 'Nightly backup' }] });

export const listApiKeysInput = z.strictObject({
  includeEnded: z.boolean().default(false).describe('Also those that were revoked or have expired.'),
  limit,
  cursor: cursor.optional(),
});

export const apiKeyPage = page(apiKey);

export type CreateApiKeyInput = z.output<typeof createApiKeyInput>;
export type ApiKeyInput = z.output<typeof apiKeyInput>;
export type RenameApiKeyInput = z.output<typeof renameApiKeyInput>;
export type ListApiKeysInput = z.output<typeof listApiKeysInput>;
/** An API key as it goes over the wire. */
export type ApiKeyOut = z.input<typeof apiKey>;
export type CreatedApiKeyOut = z.input<typeof createdApiKey>;
