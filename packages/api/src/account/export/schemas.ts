import { ActivityEntity, SessionEnd } from '@alice/db/models';
import { z } from 'zod';
import { goal, progressSource } from '../../features/goals/schemas.ts';
import { task } from '../../features/tasks/schemas.ts';
import { rowId } from '../../platform/schemas/ids.ts';
import { day, instant, zoneName } from '../../platform/schemas/time.ts';
import { version } from '../../platform/schemas/version.ts';
import { apiKey } from '../api-keys/schemas.ts';
import { account } from '../profile/schemas.ts';

const figure = (example: number) => z.number().meta({ examples: [example] });
const never = instant.nullable().meta({ examples: [null] });

const exportedGoal = goal
  .omit({ metric: true, progress: true })
  .extend({
    progressSource,
    metricUnit: z.string().meta({ examples: ['km'] }),
    metricStart: figure(0),
    metricTarget: figure(21),
    metricCurrent: figure(8),
  })
  .meta({ id: 'ExportedGoal', description: 'A goal, field for field as it is kept.' });

const exportedTask = task
  .omit({ due: true })
  .extend({
    dueDate: day.nullable(),
    dueTime: z
      .string()
      .nullable()
      .meta({ description: 'Wall-clock time.', examples: ['09:30:00'] }),
    dueTimeZone: zoneName.nullable(),
    dueBy: z.string().meta({ description: 'The wall-clock end of what is due.', examples: ['2026-12-01 09:30:00'] }),
  })
  .meta({ id: 'ExportedTask', description: 'A task, field for field as it is kept.' });

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

export const exportedAccount = z
  .object({
    format: z.literal('alice-export'),
    formatVersion: z.literal(1),
    exportedAt: instant,
    user: account,
    goals: z.array(exportedGoal).describe('Deleted ones too.'),
    tasks: z.array(exportedTask).describe('Deleted ones too.'),
    sessions: z.array(exportedSession),
    apiKeys: z.array(exportedApiKey),
    passkeys: z.array(exportedPasskey),
    authenticatorApps: z.array(exportedApp),
    activity: z.array(exportedLine).describe('Every line of the history.'),
  })
  .meta({ id: 'Export', description: 'Everything of a person, as it was at one moment.' });

export type ExportedAccountOut = z.input<typeof exportedAccount>;
