import { z } from 'zod';
import { text } from '../../platform/schemas/text.ts';
import { mailToken, sampleMailToken } from '../email/schemas.ts';

/** 15 to 128 code points, without composition rules: NIST SP 800-63B-4 for a password without a second factor. */
export const firstPassword = text(15, 128).describe('15 to 128 characters of any kind, for example a passphrase.');

/** Shorter passwords are allowed with a second factor: the operation checks that. */
const newPassword = text(8, 128).describe(
  '15 to 128 characters of any kind, for example a passphrase. With a second factor, 8 are enough.',
);

/** A sign-in checks only the upper limit, so that no oversized text is ever hashed. */
export const password = text(1, 128);

export const samplePassword = 'correct horse battery staple';
const another = 'a different horse, and another staple';
export const changePasswordInput = z.strictObject({ newPassword }).meta({ examples: [{ newPassword: another }] });

export const resetPasswordInput = z
  .strictObject({ token: mailToken, newPassword })
  .meta({ examples: [{ token: sampleMailToken, newPassword: another }] });

export type ChangePasswordInput = z.output<typeof changePasswordInput>;
export type ResetPasswordInput = z.output<typeof resetPasswordInput>;
