import { z } from 'zod';
import { id, rowId } from '../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../platform/schemas/paging.ts';
import { text } from '../../platform/schemas/text.ts';
import { instant, timeZone } from '../../platform/schemas/time.ts';
import { user, userName } from '../profile/schemas.ts';

/** Compared and kept in lower case, so that nobody holds an address twice. */
export const email = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(z.email().max(254))
  .meta({ format: 'email', maxLength: 254, examples: ['ada@example.com'] });

/** 15 to 128 code points, any of them: NIST SP 800-63B-4 for a password that stands alone. */
const firstPassword = text(15, 128).describe('15 to 128 characters, any of them: a sentence will do.');

/** Shorter where the account has a second factor, which the operation knows. */
const newPassword = text(8, 128).describe(
  '15 to 128 characters, any of them: a sentence will do. With a second factor 8 are enough.',
);

/** At sign-in only the upper bound counts, so that no oversized text is ever hashed. */
const password = text(1, 128);

const token = z.string().min(1).max(2000);

const sample = { email: 'ada@example.com', password: 'correct horse battery staple' };
const sampleToken = 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl';

export const registerInput = z
  .strictObject({
    email,
    password: firstPassword,
    name: userName,
    timeZone: timeZone.default('UTC'),
  })
  .meta({ examples: [{ ...sample, name: 'Ada Lovelace', timeZone: 'Europe/Berlin' }] });

export const loginInput = z.strictObject({ email, password }).meta({ examples: [sample] });
export const refreshInput = z
  .strictObject({
    refreshToken: token
      .nullish()
      .describe('Without it, that of the cookie counts, for pages that keep their session there.'),
  })
  .meta({ examples: [{ refreshToken: sampleToken }] });

const mailToken = z.string().min(1).max(200).describe('What the link in the mail ends with.');
const sampleMailToken = 'AZq3tW5hf3qQWY_Yx1NaDQGat7VuYX96kFmP2MdTWg6Xb0b0fQ9d0Yk5cXq7hC2mJ3nS8vL1pR4tW6yZ0aB9cDxXq2k';

export const tokenInput = z.strictObject({ token: mailToken }).meta({ examples: [{ token: sampleMailToken }] });
export const emailInput = z.strictObject({ email }).meta({ examples: [{ email: sample.email }] });
export const confirmInput = z.strictObject({ password }).meta({ examples: [{ password: sample.password }] });

const another = 'a different horse, and another staple';
export const changePasswordInput = z.strictObject({ newPassword }).meta({ examples: [{ newPassword: another }] });
export const resetPasswordInput = z
  .strictObject({ token: mailToken, newPassword })
  .meta({ examples: [{ token: sampleMailToken, newPassword: another }] });

export const logoutEverywhereInput = z
  .strictObject({ keepThis: z.boolean().default(false).describe('Whether the session that asks goes on.') })
  .meta({ examples: [{ keepThis: true }] });

export const listSessionsInput = z.strictObject({ limit, cursor: cursor.optional() });
export const sessionInput = z.strictObject({ id });

export const done = z.object({ ok: z.literal(true) });

export const emailChange = z.object({
  status: z.enum(['waiting', 'changed']).meta({
    description: '`waiting`: the other address has not agreed yet. `changed`: both have, and the account has moved.',
    examples: ['changed'],
  }),
});

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

export const signedIn = z.object({ user, tokens }).meta({ id: 'SignedIn', description: 'A new session.' });

export type RegisterInput = z.output<typeof registerInput>;
export type LoginInput = z.output<typeof loginInput>;
export type RefreshInput = z.output<typeof refreshInput>;
export type TokenInput = z.output<typeof tokenInput>;
export type EmailInput = z.output<typeof emailInput>;
export type ConfirmInput = z.output<typeof confirmInput>;
export type ChangePasswordInput = z.output<typeof changePasswordInput>;
export type ResetPasswordInput = z.output<typeof resetPasswordInput>;
export type LogoutEverywhereInput = z.output<typeof logoutEverywhereInput>;
export type ListSessionsInput = z.output<typeof listSessionsInput>;
export type SessionInput = z.output<typeof sessionInput>;
export type EmailChangeOut = z.input<typeof emailChange>;
export type SessionsEndedOut = z.input<typeof sessionsEnded>;
export type SessionOut = z.input<typeof session>;
export type TokensOut = z.input<typeof tokens>;
export type SignedInOut = z.input<typeof signedIn>;
