import { z } from 'zod';
import { id, rowId } from '../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../platform/schemas/paging.ts';
import { instant } from '../../platform/schemas/time.ts';

const token = z.string().min(1).max(2000);
const sampleToken = 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl';

export const refreshInput = z
  .strictObject({
    refreshToken: token
      .nullish()
      .describe('Without it, that of the cookie counts, for pages that keep their session there.'),
  })
  .meta({ examples: [{ refreshToken: sampleToken }] });

export const logoutEverywhereInput = z
  .strictObject({ keepThis: z.boolean().default(false).describe('Whether the session that asks goes on.') })
  .meta({ examples: [{ keepThis: true }] });

export const listSessionsInput = z.strictObject({ limit, cursor: cursor.optional() });
export const sessionInput = z.strictObject({ id });

export const sessionsEnded = z.object({
  ended: z.int().meta({ description: 'How many sessions ended.', examples: [3] }),
});

export const session = z
  .object({
    id: rowId,
    userAgent: z
      .string()
      .nullable()
      .meta({ description: 'What the client called itself.', examples: ['Mozilla/5.0 (X11; Linux x86_64)'] }),
    address: z
      .string()
      .nullable()
      .meta({ description: 'The address that the sign-in came from.', examples: ['203.0.113.9'] }),
    createdAt: instant,
    lastSeenAt: instant,
    expiresAt: instant,
    isCurrent: z.boolean().meta({ description: 'It is the session that asks.', examples: [true] }),
  })
  .meta({
    id: 'Session',
    description: 'A place where the person is signed in. It was last seen when it exchanged its refresh token.',
  });

export const sessionPage = page(session);

export const tokens = z
  .object({
    accessToken: z.string().meta({ description: 'Goes into each request.', examples: [sampleToken] }),
    accessTokenExpiresAt: instant,
    refreshToken: z
      .string()
      .nullable()
      .meta({
        description: 'Good for one exchange, for the next pair; null where it went into a cookie.',
        examples: [sampleToken],
      }),
    refreshTokenExpiresAt: instant,
  })
  .meta({ id: 'Tokens', description: 'What proves who is calling.' });

export type RefreshInput = z.output<typeof refreshInput>;
export type LogoutEverywhereInput = z.output<typeof logoutEverywhereInput>;
export type ListSessionsInput = z.output<typeof listSessionsInput>;
export type SessionInput = z.output<typeof sessionInput>;
export type SessionsEndedOut = z.input<typeof sessionsEnded>;
export type SessionOut = z.input<typeof session>;
export type TokensOut = z.input<typeof tokens>;
