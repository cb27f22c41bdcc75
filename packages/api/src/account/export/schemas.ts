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
    generation: z.int().meta({ description: 'The generation of the refresh token, from 1.', examples: [3] }),
    userAgent: z
      .string()
      .nullable()
      .meta({ description: 'The User-Agent header of the client.', examples: ['Mozilla/5.0'] }),
    address: z
      .string()
      .nullable()
      .meta({ description: 'The IP address of the sign-in.', examples: ['192.0.2.1'] }),
    createdAt: instant,
    rotatedAt: instant,
    expiresAt: instant,
    endedAt: never,
    endReason: z
      .enum(SessionEnd)
      .nullable()
      .meta({ description: 'Why the session ended.', examples: ['logout'] }),
    authenticatedAt: never,
    version,
    updatedAt: instant,
  })
  .meta({ id: 'ExportedSession', description: 'A session, without its tokens.' });

const exportedApiKey = apiKey
  .extend({ expiryMailedAt: never })
  .meta({ id: 'ExportedApiKey', description: 'An API key, without its secret.' });

const exportedPasskey = z
  .object({
    id: rowId,
    name: z.string().meta({ examples: ['Phone'] }),
    transports: z
      .array(z.string())
      .meta({ description: 'The transports of the authenticator.', examples: [['internal']] }),
    backedUp: z.boolean().meta({ description: 'Whether it is synced between devices.', examples: [true] }),
    lastUsedAt: never,
    endedAt: never,
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'ExportedPasskey', description: 'A passkey, without its public key.' });

const exportedApp = z
  .object({ id: rowId, confirmedAt: never, endedAt: never, version, createdAt: instant, updatedAt: instant })
  .meta({ id: 'ExportedAuthenticatorApp', description: 'An authenticator app, without its secret.' });

const columns = z.record(z.string(), z.unknown()).nullable();

const exportedLine = z
  .object({
    number: z.int().meta({ description: "Sequence number among the user's changes, from 1.", examples: [57] }),
    happenedAt: instant,
    actorId: rowId.describe('The user who did it: the owner or an administrator.'),
    sessionId: rowId.nullable().describe('The session or the API key that was used.'),
    entity: z.enum(ActivityEntity).meta({ description: 'The entity that changed.', examples: ['task'] }),
    entityId: rowId,
    action: z.string().meta({ description: 'The action.', examples: ['update'] }),
    before: columns.meta({ description: 'The changed columns before the change.', examples: [{ title: 'Pay' }] }),
    after: columns.meta({ description: 'The changed columns after the change.', examples: [{ title: 'Pay rent' }] }),
  })
  .meta({ id: 'ExportedLine', description: 'An activity entry.' });

/** The lists of the account itself. */
export const ownLists = {
  sessions: z.array(exportedSession),
  apiKeys: z.array(exportedApiKey),
  passkeys: z.array(exportedPasskey),
  authenticatorApps: z.array(exportedApp),
  activity: z.array(exportedLine).describe('All activity entries.'),
};

/** All data of a user. `features`: the lists that features add, by name. */
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
    .meta({ id: 'Export', description: 'All data of a user, as a consistent snapshot.' });
}
