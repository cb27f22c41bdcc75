import { z } from 'zod';
import { firstRecoveryCodes } from '../recovery-codes/schemas.ts';

/** Six digits; spaces, as apps show them, do not matter. */
export const totpCode = z
  .string()
  .max(20)
  .overwrite((value) => value.replace(/\s/g, ''))
  .regex(/^\d{6}$/, 'must be the six digits that the app shows')
  .meta({ description: 'The six digits that the authenticator app shows.', examples: ['492039'] });

const sampleSecret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

export const enrolment = z
  .object({
    secret: z
      .string()
      .meta({ description: 'In base32, to be typed into an app. It is shown only here.', examples: [sampleSecret] }),
    uri: z.string().meta({
      description: 'The same for a QR code.',
      examples: [`otpauth://totp/ALICE:ada%40example.com?secret=${sampleSecret}&issuer=ALICE`],
    }),
  })
  .meta({ id: 'TotpEnrolment', description: 'What an authenticator app needs to know.' });

export const confirmTotpInput = z.strictObject({ code: totpCode }).meta({ examples: [{ code: '492039' }] });

export const confirmed = z
  .object({ recoveryCodes: firstRecoveryCodes })
  .meta({ id: 'TotpConfirmed', description: 'The app counts from now on.' });

export type EnrolmentOut = z.input<typeof enrolment>;
export type ConfirmTotpInput = z.output<typeof confirmTotpInput>;
export type ConfirmedOut = z.input<typeof confirmed>;
