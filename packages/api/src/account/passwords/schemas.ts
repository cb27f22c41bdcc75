import { z } from 'zod';
import { text } from '../../platform/schemas/text.ts';
import { mailToken, sampleMailToken } from '../email/schemas.ts';

/** 15 to 128 code points, any of them: NIST SP 800-63B-4 for a password that stands alone. */
export const firstPassword = text(15, 128).describe('15 to 128 characters, any of them: a sentence will do.');

/** Shorter where the account has a second factor, which the operation knows. */
const newPassword = text(8, 128).describe(
  '15 to 128 characters, any of them: a sentence will do. With a second factor 8 are enough.',
);

/** At sign-in only the upper bound counts, so that no oversized text is ever hashed. */
export const password = text(1, 128);

export const samplePassword = 'correct horse battery staple';
const another = 'a different horse, and another staple';
export const changePasswordInput = z.strictObject({ newPassword }).meta({ examples: [{ newPassword: another }] });

export const resetPasswordInput = z
  .strictObject({ token: mailToken, newPassword })
  .meta({ examples: [{ token: sampleMailToken, newPassword: another }] });

export type ChangePasswordInput = z.output<typeof changePasswordInput>;
export type ResetPasswordInput = z.output<typeof resetPasswordInput>;
