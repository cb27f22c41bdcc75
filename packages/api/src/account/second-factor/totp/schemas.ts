import { z } from 'zod';
import { firstRecoveryCodes } from '../recovery-codes/schemas.ts';

/** Six digits. Spaces are ignored, since apps display them. */
export const totpCode = z
  .string()
  .max(20)
  .overwrite((value) => value.replace(/\s/g, ''))
  .regex(/^\d{6}$/, 'must be six digits')
  .meta({ description: 'The six-digit code of the authenticator app.', examples: ['492039'] });

const sampleSecret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

export const enrolment = z
  .object({
    secret: z.string().meta({
      description: 'The TOTP secret in base32, for manual entry. It is shown only in this response.',
      examples: [sampleSecret],
    }),
    uri: z.string().meta({
      description: 'The `otpauth://` URI with the same secret, for a QR code.',
      examples: [`otpauth://totp/ALICE:ada%40example.com?secret=${sampleSecret}&issuer=ALICE`],
    }),
  })
  .meta({ id: 'TotpEnrolment', description: 'The secret for an authenticator app.' });

export const confirmTotpInput = z.strictObject({ code: totpCode }).meta({ examples: [{ code: '492039' }] });

export const confirmed = z
  .object({ recoveryCodes: firstRecoveryCodes })
  .meta({ id: 'TotpConfirmed', description: 'The authenticator app is active.' });

export type EnrolmentOut = z.input<typeof enrolment>;
export type ConfirmTotpInput = z.output<typeof confirmTotpInput>;
export type ConfirmedOut = z.input<typeof confirmed>;
