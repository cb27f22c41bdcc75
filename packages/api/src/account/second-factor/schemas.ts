import { z } from 'zod';
import { passkeyAnswer, samplePasskeyAnswer } from './passkeys/schemas.ts';
import { shownRecoveryCodes } from './recovery-codes/schemas.ts';
import { totpCode } from './totp/schemas.ts';

const ticket = z
  .string()
  .min(1)
  .max(1000)
  .meta({
    description: 'The MFA token from the error `SECOND_FACTOR_REQUIRED`. It is valid for five minutes.',
    examples: ['3f2a9c1e.q83v'],
  });

const recoveryCode = z
  .string()
  .min(1)
  .max(64)
  .meta({
    description: 'A recovery code. Case and dashes are ignored.',
    examples: ['k7mq-2x9d-4h1n-p0ws'],
  });

const shown = {
  ticket,
  code: totpCode.optional(),
  recoveryCode: recoveryCode.optional(),
  passkey: passkeyAnswer.optional(),
};

const sampleTicket = '3f2a9c1e.q83vASNFZ4k';

/** An MFA token and exactly one of the three second factors. */
export const showFactorInput = z
  .strictObject(shown)
  .refine(
    ({ code, recoveryCode: recovery, passkey }) =>
      [code, recovery, passkey].filter((way) => way !== undefined).length === 1,
    { error: 'exactly one of code, recoveryCode and passkey is required', path: ['code'] },
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
      description: 'Each code replaces a lost second factor once. They are shown only in this response.',
    }),
  })
  .meta({ id: 'RecoveryCodes', description: 'New recovery codes. All earlier codes are invalid.' });

export const status = z
  .object({
    totp: z.boolean().meta({ description: 'Whether an authenticator app is active.', examples: [true] }),
    passkeys: z.int().meta({ description: 'The number of passkeys.', examples: [2] }),
    recoveryCodesLeft: z.int().meta({ description: 'The number of unused recovery codes.', examples: [10] }),
    areRecoveryCodesLow: z.boolean().meta({
      description: 'True if a second factor is active and three or fewer codes are left: regenerate them.',
      examples: [false],
    }),
  })
  .meta({ id: 'SecondFactorStatus', description: 'The two-factor status of the account.' });

export type ShowFactorInput = z.output<typeof showFactorInput>;
export type StatusOut = z.input<typeof status>;
export type RecoveryCodesOut = z.input<typeof recoveryCodes>;
