import { z } from 'zod';

/** Stored and compared in lower case, so that an address is registered once. */
export const email = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(z.email().max(254))
  .meta({ format: 'email', maxLength: 254, examples: ['ada@example.com'] });

export const mailToken = z.string().min(1).max(200).describe('The token from the link in the email.');
export const sampleMailToken =
  'AZq3tW5hf3qQWY_Yx1NaDQGat7VuYX96kFmP2MdTWg6Xb0b0fQ9d0Yk5cXq7hC2mJ3nS8vL1pR4tW6yZ0aB9cDxXq2k';
export const tokenInput = z.strictObject({ token: mailToken }).meta({ examples: [{ token: sampleMailToken }] });
export const emailInput = z.strictObject({ email }).meta({ examples: [{ email: 'ada@example.com' }] });

export const emailChange = z.object({
  status: z.enum(['waiting', 'changed']).meta({
    description:
      '`waiting`: the other address has not confirmed yet. `changed`: both have confirmed, and the address has changed.',
    examples: ['changed'],
  }),
});

export type TokenInput = z.output<typeof tokenInput>;
export type EmailInput = z.output<typeof emailInput>;
export type EmailChangeOut = z.input<typeof emailChange>;
