import { SessionEnd } from '@alice/db/models';
import { z } from 'zod';
import { defineEntity } from '../../platform/history/entity.ts';
import { rowId } from '../../platform/schemas/ids.ts';
import { instant } from '../../platform/schemas/time.ts';
import { version } from '../../platform/schemas/version.ts';

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

/** Sessions, each with the hash of its latest refresh token. */
export const sessions = defineEntity({
  name: 'session',
  table: 'sessions',
  noun: 'session',
  owner: 'user_id',
  history: 'security',
  secret: ['refreshHash', 'startKey', 'startHash'],
  // The database's clock: other processes ask it which sessions have ended since they last asked.
  derived: { ended_at: `CASE WHEN w.end_reason IS NOT NULL THEN coalesce(w.ended_at, clock_timestamp()) END` },
  sync: { none: 'a local copy holds what its user works with' },
  export: { list: 'sessions', row: exportedSession },
  scopes: null,
});
