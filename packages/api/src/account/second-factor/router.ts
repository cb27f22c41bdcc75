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
      'After `auth.login` has failed with `SECOND_FACTOR_REQUIRED`: send the ticket of its details with one of the ' +
      'methods that it names. For a passkey, ask `passkeys.signInOptions` for a challenge first.',
    rest: { method: 'POST', path: '/auth/second-factor' },
  })
    .input(s.showFactorInput)
    .output(signedIn)
    .mutation(({ ctx, input }) => completeSignIn(ctx, input)),

  confirm: authed({
    summary: 'Confirm who you are with a second factor',
    description:
      'After `auth.confirm` has failed with `SECOND_FACTOR_REQUIRED`. For a passkey, ask `passkeys.confirmOptions` for ' +
      'a challenge first.',
    rest: { method: 'POST', path: '/auth/second-factor/confirm' },
  })
    .input(s.showFactorInput)
    .output(z.object({ ok: z.literal(true) }))
    .mutation(({ ctx, input }) => confirmSecondFactor(ctx, input)),

  status: authed({
    summary: 'Get what guards your account beside the password',
    rest: { method: 'GET', path: '/second-factor' },
  })
    .output(s.status)
    .query(({ ctx }) => getStatus(ctx)),

  renewRecoveryCodes: fresh({
    summary: 'Make new recovery codes',
    isSecret: true,
    rest: { method: 'POST', path: '/second-factor/recovery-codes' },
  })
    .output(s.recoveryCodes)
    .mutation(({ ctx }) => renewRecoveryCodes(ctx)),
};
