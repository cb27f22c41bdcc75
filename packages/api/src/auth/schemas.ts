import { z } from 'zod';
import { text } from '../shared/text.ts';
import { instant, timeZone } from '../shared/time.ts';
import { user, userName } from '../users/schemas.ts';

/** Compared and kept in lower case, so that nobody holds an address twice. */
export const email = z.string().trim().toLowerCase().pipe(z.email().max(254));

/** 15 to 128 code points, any of them: NIST SP 800-63B-4 for a password that stands alone. */
export const newPassword = text(15, 128);

/** At sign-in only the upper bound counts, so that no oversized text is ever hashed. */
const password = text(1, 128);

const token = z.string().min(1).max(2000);

export const registerInput = z.strictObject({
  email,
  password: newPassword,
  name: userName,
  timeZone: timeZone.default('UTC'),
});

export const loginInput = z.strictObject({ email, password });
export const refreshInput = z.strictObject({ refreshToken: token });

export const tokens = z.object({
  accessToken: z.string(),
  accessTokenExpiresAt: instant,
  refreshToken: z.string(),
  refreshTokenExpiresAt: instant,
});

export const signedIn = z.object({ user, tokens });

export type RegisterInput = z.output<typeof registerInput>;
export type LoginInput = z.output<typeof loginInput>;
export type RefreshInput = z.output<typeof refreshInput>;
export type TokensOut = z.input<typeof tokens>;
export type SignedInOut = z.input<typeof signedIn>;
