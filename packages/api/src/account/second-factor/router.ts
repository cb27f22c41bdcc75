import { z } from 'zod';
import { authed, fresh, publicProcedure } from '../../procedures/access.ts';
import { signedIn } from '../sign-in/schemas.ts';
import { completeSignIn } from './complete-sign-in.ts';
import { confirmSecondFactor } from './confirm-second-factor.ts';
import { getStatus } from './get-status.ts';
import { renewRecoveryCodes } from './recovery-codes/renew-recovery-codes.ts';
import * as s from './schemas.ts';

export const secondFactorRouter = {
  signIn: publicProcedure({
    summary: 'Sign in with a second factor',
    description:
      'Call this after `auth.login` has failed with `SECOND_FACTOR_REQUIRED`. Send the `ticket` (an MFA token) from the ' +
      'error together with one of the `methods` that the error lists. For a passkey, call `passkeys.signInOptions` first.',
    rest: { method: 'POST', path: '/auth/second-factor' },
  })
    .input(s.showFactorInput)
    .output(signedIn)
    .mutation(({ ctx, input }) => completeSignIn(ctx, input)),

  confirm: authed({
    summary: 'Re-authenticate with a second factor',
    description:
      'Call this after `auth.confirm` has failed with `SECOND_FACTOR_REQUIRED`. For a passkey, call ' +
      '`passkeys.confirmOptions` first.',
    rest: { method: 'POST', path: '/auth/second-factor/confirm' },
  })
    .input(s.showFactorInput)
    .output(z.object({ ok: z.literal(true) }))
    .mutation(({ ctx, input }) => confirmSecondFactor(ctx, input)),

  status: authed({
    summary: 'Get two-factor status',
    rest: { method: 'GET', path: '/second-factor' },
  })
    .output(s.status)
    .query(({ ctx }) => getStatus(ctx)),

  renewRecoveryCodes: fresh({
    summary: 'Regenerate recovery codes',
    description: 'All earlier recovery codes become invalid.',
    isSecret: true,
    rest: { method: 'POST', path: '/second-factor/recovery-codes' },
  })
    .output(s.recoveryCodes)
    .mutation(({ ctx }) => renewRecoveryCodes(ctx)),
};
