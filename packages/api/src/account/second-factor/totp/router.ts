import { z } from 'zod';
import { fresh } from '../../../procedures/access.ts';
import { confirmTotp } from './confirm-totp.ts';
import { enrollTotp } from './enroll-totp.ts';
import { removeTotp } from './remove-totp.ts';
import * as s from './schemas.ts';

export const totpRouter = {
  enroll: fresh({
    summary: 'Enrol an authenticator app',
    description: 'It counts once `totp.confirm` was sent a code of it. Until then an earlier app stays as it is.',
    isSecret: true,
    rest: { method: 'POST', path: '/totp' },
  })
    .output(s.enrolment)
    .mutation(({ ctx }) => enrollTotp(ctx)),

  confirm: fresh({
    summary: 'Confirm the authenticator app with its first code',
    description: 'From then on a sign-in with the password needs a code, too. An earlier app counts no more.',
    isSecret: true,
    rest: { method: 'POST', path: '/totp/confirm' },
  })
    .input(s.confirmTotpInput)
    .output(s.confirmed)
    .mutation(({ ctx, input }) => confirmTotp(ctx, input)),

  remove: fresh({ summary: 'Remove the authenticator app', rest: { method: 'DELETE', path: '/totp' } })
    .output(z.object({ ok: z.literal(true) }))
    .mutation(({ ctx }) => removeTotp(ctx)),
};
