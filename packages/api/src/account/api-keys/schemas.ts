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
  .describe('A name that tells you what the key is used for.');

const areDistinct = (values: readonly string[]) => new Set(values).size === values.length;

/** How long a rotated key stays valid, so that the new one can be deployed everywhere. */
export const replacedHours = 24;

/** One day to one year: a forgotten key expires. */
const lifeDays = z.int().min(1).max(366).default(90).describe('Lifetime in days.');

export const apiKey = z
  .object({
    id: rowId,
    name: z.string().meta({ description: 'What the key is used for.', examples: ['Backup script'] }),
    hint: z.string().meta({ description: 'The last characters of the key, to recognise it.', examples: ['x3Qk'] }),
    scopes: z.array(scope).meta({ description: 'The scopes of the key.', examples: [['tasks:read', 'tasks:write']] }),
    expiresAt: instant,
    lastUsedAt: instant
      .nullable()
      .meta({ description: 'When it was last used, to the minute; null if never.', examples: [null] }),
    lastUsedAddress: z
      .string()
      .nullable()
      .meta({ description: 'The IP address of the last use.', examples: ['192.0.2.1'] }),
    endedAt: instant.nullable().meta({ description: 'When it was revoked.', examples: [null] }),
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'ApiKey', description: 'An API key, without its secret.' });

export const createdApiKey = z
  .object({
    key: z.string().meta({
      description: 'The key. It is shown only once, so store it now: the server keeps only its hash.',
      examples: ['alice_AZTV…x3Qk'],
    }),
    apiKey,
  })
  .meta({ id: 'CreatedApiKey', description: 'A new API key, with its secret.' });

export const createApiKeyInput = z
  .strictObject({
    name: keyName,
    scopes: z
      .array(scope)
      .min(1)
      .max(20)
      .refine(areDistinct, 'must not contain duplicates')
      .describe('The operations that the key may call.'),
    expiresInDays: lifeDays,
  })
  .meta({ examples: [{ name: 'Backup script', scopes: ['tasks:read', 'goals:read'], expiresInDays: 30 }] });

export const apiKeyInput = z.strictObject({ id });

export const renameApiKeyInput = z
  .strictObject({ id, name: keyName, expectedVersion })
  .meta({ examples: [{ name: 'Nightly backup' }] });

export const listApiKeysInput = z.strictObject({
  includeEnded: z.boolean().default(false).describe('Include revoked and expired keys.'),
  limit,
  cursor: cursor.optional(),
});

export const apiKeyPage = page(apiKey);

export type CreateApiKeyInput = z.output<typeof createApiKeyInput>;
export type ApiKeyInput = z.output<typeof apiKeyInput>;
export type RenameApiKeyInput = z.output<typeof renameApiKeyInput>;
export type ListApiKeysInput = z.output<typeof listApiKeysInput>;
/** An API key in its wire form. */
export type ApiKeyOut = z.input<typeof apiKey>;
export type CreatedApiKeyOut = z.input<typeof createdApiKey>;
