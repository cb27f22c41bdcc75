import { z } from 'zod';
import { id, rowId } from '../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../platform/schemas/paging.ts';
import { instant } from '../../platform/schemas/time.ts';

const token = z.string().min(1).max(2000);
const sampleToken = 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl';

export const refreshInput = z
  .strictObject({
    refreshToken: token.nullish().describe('Leave it out to use the refresh token in the cookie.'),
  })
  .meta({ examples: [{ refreshToken: sampleToken }] });

export const logoutEverywhereInput = z
  .strictObject({ keepThis: z.boolean().default(false).describe('Keep the current session.') })
  .meta({ examples: [{ keepThis: true }] });

export const listSessionsInput = z.strictObject({ limit, cursor: cursor.optional() });
export const sessionInput = z.strictObject({ id });

export const sessionsEnded = z.object({
  ended: z.int().meta({ description: 'The number of revoked sessions.', examples: [3] }),
});

export const session = z
  .object({
    id: rowId,
    userAgent: z
      .string()
      .nullable()
      .meta({ description: 'The User-Agent header of the client.', examples: ['Mozilla/5.0 (X11; Linux x86_64)'] }),
    address: z
      .string()
      .nullable()
      .meta({ description: 'The IP address of the sign-in.', examples: ['203.0.113.9'] }),
    createdAt: instant,
    lastSeenAt: instant,
    expiresAt: instant,
    isCurrent: z.boolean().meta({ description: 'True for the session of this request.', examples: [true] }),
  })
  .meta({
    id: 'Session',
    description: 'A session. `lastSeenAt` is the time of its last refresh.',
  });

export const sessionPage = page(session);

export const tokens = z
  .object({
    accessToken: z.string().meta({ description: 'Send it as `Authorization: Bearer …`.', examples: [sampleToken] }),
    accessTokenExpiresAt: instant,
    refreshToken: z
      .string()
      .nullable()
      .meta({
        description: 'Valid for one refresh; null if it was set as a cookie.',
        examples: [sampleToken],
      }),
    refreshTokenExpiresAt: instant,
  })
  .meta({ id: 'Tokens', description: 'The tokens of a session.' });

export type RefreshInput = z.output<typeof refreshInput>;
export type LogoutEverywhereInput = z.output<typeof logoutEverywhereInput>;
export type ListSessionsInput = z.output<typeof listSessionsInput>;
export type SessionInput = z.output<typeof sessionInput>;
export type SessionsEndedOut = z.input<typeof sessionsEnded>;
export type SessionOut = z.input<typeof session>;
export type TokensOut = z.input<typeof tokens>;
