import { z } from 'zod';
import { fresh } from '../../../procedures/access.ts';
import { confirmTotp } from './confirm-totp.ts';
import { enrollTotp } from './enroll-totp.ts';
import { removeTotp } from './remove-totp.ts';
import * as s from './schemas.ts';

export const totpRouter = {
  enroll: fresh({
    summary: 'Start authenticator setup',
    description:
      'Returns a TOTP secret. It becomes active with `totp.confirm`; until then an existing app stays active.',
    isSecret: true,
    rest: { method: 'POST', path: '/totp' },
  })
    .output(s.enrolment)
    .mutation(({ ctx }) => enrollTotp(ctx)),

  confirm: fresh({
    summary: 'Activate an authenticator app',
    description: 'From now on, signing in with the password requires a second factor. Replaces an existing app.',
    isSecret: true,
    rest: { method: 'POST', path: '/totp/confirm' },
  })
    .input(s.confirmTotpInput)
    .output(s.confirmed)
    .mutation(({ ctx, input }) => confirmTotp(ctx, input)),

  remove: fresh({ summary: 'Remove an authenticator app', rest: { method: 'DELETE', path: '/totp' } })
    .output(z.object({ ok: z.literal(true) }))
    .mutation(({ ctx }) => removeTotp(ctx)),
};
