import { z } from 'zod';
import { passkeyAnswer, samplePasskeyAnswer } from './passkeys/schemas.ts';
import { shownRecoveryCodes } from './recovery-codes/schemas.ts';
import { totpCode } from './totp/schemas.ts';

const ticket = z
  .string()
  .min(1)
  .max(1000)
  .meta({
    description: 'From the details of SECOND_FACTOR_REQUIRED. It counts for five minutes.',
    examples: ['3f2a9c1e.q83v'],
  });

const recoveryCode = z
  .string()
  .min(1)
  .max(64)
  .meta({
    description: 'One of the recovery codes. Case and dashes do not matter.',
    examples: ['k7mq-2x9d-4h1n-p0ws'],
  });

const shown = {
  ticket,
  code: totpCode.optional(),
  recoveryCode: recoveryCode.optional(),
  passkey: passkeyAnswer.optional(),
};

const sampleTicket = '3f2a9c1e.q83vASNFZ4k';

/** A ticket and one of three ways to show a second factor. */
export const showFactorInput = z
  .strictObject(shown)
  .refine(
    ({ code, recoveryCode: recovery, passkey }) =>
      [code, recovery, passkey].filter((way) => way !== undefined).length === 1,
    { error: 'give exactly one of code, recoveryCode and passkey', path: ['code'] },
  )
  .meta({
    examples: [
      { ticket: sampleTicket, code: '492039' },
      { ticket: sampleTicket, recoveryCode: 'k7mq-2x9d-4h1n-p0ws' },
      { ticket: sampleTicket, passkey: samplePasskeyAnswer },
    ],
  });

/** Shown once. */
export const recoveryCodes = z
  .object({
    recoveryCodes: shownRecoveryCodes.meta({
      description: 'Each counts once, in place of a second factor that was lost. They are shown only here.',
    }),
  })
  .meta({ id: 'RecoveryCodes', description: 'New recovery codes; all earlier ones count no more.' });

export const status = z
  .object({
    totp: z.boolean().meta({ description: 'Whether there is an authenticator app.', examples: [true] }),
    passkeys: z.int().meta({ description: 'How many passkeys there are.', examples: [2] }),
    recoveryCodesLeft: z.int().meta({ description: 'How many recovery codes were not used yet.', examples: [10] }),
    areRecoveryCodesLow: z
      .boolean()
      .meta({ description: 'Three or fewer are left beside a second factor: make new ones.', examples: [false] }),
  })
  .meta({ id: 'SecondFactorStatus', description: 'What guards the account beside the password.' });

export type ShowFactorInput = z.output<typeof showFactorInput>;
export type StatusOut = z.input<typeof status>;
export type RecoveryCodesOut = z.input<typeof recoveryCodes>;
