import { ActivityEntity, SessionEnd } from '@alice/db/models';
import { z } from 'zod';
import { rowId } from '../../platform/schemas/ids.ts';
import { instant } from '../../platform/schemas/time.ts';
import { version } from '../../platform/schemas/version.ts';
import { account } from '../admin/schemas.ts';
import { apiKey } from '../api-keys/schemas.ts';

const never = instant.nullable().meta({ examples: [null] });

const exportedSession = z
  .object({
    id: rowId,
    generation: z.int().meta({ description: 'How often its refresh token was exchanged, from 1.', examples: [3] }),
    userAgent: z
      .string()
      .nullable()
      .meta({ description: 'What the client called itself.', examples: ['Mozilla/5.0'] }),
    address: z
      .string()
      .nullable()
      .meta({ description: 'The address that the sign-in came from.', examples: ['192.0.2.1'] }),
    createdAt: instant,
    rotatedAt: instant,
    expiresAt: instant,
    endedAt: never,
    endReason: z
      .enum(SessionEnd)
      .nullable()
      .meta({ description: 'Why it ended.', examples: ['logout'] }),
    authenticatedAt: never,
    version,
    updatedAt: instant,
  })
  .meta({ id: 'ExportedSession', description: 'A session, without its secrets.' });

const exportedApiKey = apiKey
  .extend({ expiryMailedAt: never })
  .meta({ id: 'ExportedApiKey', description: 'An API key, without the key.' });

const exportedPasskey = z
  .object({
    id: rowId,
    name: z.string().meta({ examples: ['Phone'] }),
    transports: z.array(z.string()).meta({ description: 'How it is reached.', examples: [['internal']] }),
    backedUp: z.boolean().meta({ description: 'It is synced between devices.', examples: [true] }),
    lastUsedAt: never,
    endedAt: never,
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'ExportedPasskey', description: 'A passkey, without the key.' });

const exportedApp = z
  .object({ id: rowId, confirmedAt: never, endedAt: never, version, createdAt: instant, updatedAt: instant })
  .meta({ id: 'ExportedAuthenticatorApp', description: 'An authenticator app, without its secret.' });

const columns = z.record(z.string(), z.unknown()).nullable();

const exportedLine = z
  .object({
    number: z.int().meta({ description: "Counts a person's changes from 1.", examples: [57] }),
    happenedAt: instant,
    actorId: rowId.describe('Who did it: you, or an administrator.'),
    sessionId: rowId.nullable().describe('The session, or the API key, that it came with.'),
    entity: z.enum(ActivityEntity).meta({ description: 'What it happened to.', examples: ['task'] }),
    entityId: rowId,
    action: z.string().meta({ description: 'What was done.', examples: ['update'] }),
    before: columns.meta({ description: 'The columns that changed, as they were.', examples: [{ title: 'Pay' }] }),
    after: columns.meta({ description: 'The columns that changed, as they are.', examples: [{ title: 'Pay rent' }] }),
  })
  .meta({ id: 'ExportedLine', description: 'A line of the history.' });

/** The lists of the account itself. */
export const ownLists = {
  sessions: z.array(exportedSession),
  apiKeys: z.array(exportedApiKey),
  passkeys: z.array(exportedPasskey),
  authenticatorApps: z.array(exportedApp),
  activity: z.array(exportedLine).describe('Every line of the history.'),
};

/** Everything of a person. `features`: the lists that features add, by their names. */
export function exportedAccountOf<Features extends z.ZodRawShape>(features: Features) {
  return z
    .object({
      format: z.literal('alice-export'),
      formatVersion: z.literal(1),
      exportedAt: instant,
      user: account,
      ...features,
      ...ownLists,
    })
    .meta({ id: 'Export', description: 'Everything of a person, as it was at one moment.' });
}
