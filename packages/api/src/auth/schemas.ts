import { z } from 'zod';
import { text } from '../shared/text.ts';
import { instant, timeZone } from '../shared/time.ts';
import { user, userName } from '../users/schemas.ts';

/** Compared and kept in lower case, so that nobody holds an address twice. */
export const email = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(z.email().max(254))
  .meta({ format: 'email', maxLength: 254, examples: ['ada@example.com'] });

/** 15 to 128 code points, any of them: NIST SP 800-63B-4 for a password that stands alone. */
export const newPassword = text(15, 128).describe('15 to 128 characters, any of them: a sentence will do.');

/** At sign-in only the upper bound counts, so that no oversized text is ever hashed. */
const password = text(1, 128);

const token = z.string().min(1).max(2000);

const sample = { email: 'ada@example.com', password: 'correct horse battery staple' };
const sampleToken = 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl';

export const registerInput = z
  .strictObject({
    email,
    password: newPassword,
    name: userName,
    timeZone: timeZone.default('UTC'),
  })
  .meta({ examples: [{ ...sample, name: 'Ada Lovelace', timeZone: 'Europe/Berlin' }] });

export const loginInput = z.strictObject({ email, password }).meta({ examples: [sample] });
export const refreshInput = z.strictObject({ refreshToken: token }).meta({ examples: [{ refreshToken: sampleToken }] });

export const tokens = z
  .object({
    accessToken: z.string().meta({ description: 'Goes into each request.', examples: [sampleToken] }),
    accessTokenExpiresAt: instant,
    refreshToken: z
      .string()
      .meta({ description: 'Good for one exchange, for the next pair.', examples: [sampleToken] }),
    refreshTokenExpiresAt: instant,
  })
  .meta({ id: 'Tokens', description: 'What proves who is calling.' });

export const signedIn = z.object({ user, tokens }).meta({ id: 'SignedIn', description: 'A new session.' });

export type RegisterInput = z.output<typeof registerInput>;
export type LoginInput = z.output<typeof loginInput>;
export type RefreshInput = z.output<typeof refreshInput>;
export type TokensOut = z.input<typeof tokens>;
export type SignedInOut = z.input<typeof signedIn>;
