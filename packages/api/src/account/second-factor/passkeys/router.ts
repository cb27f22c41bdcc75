import { z } from 'zod';
import { authed, fresh, publicProcedure } from '../../../procedures/access.ts';
import { signedIn } from '../../sign-in/schemas.ts';
import { confirmWithPasskey } from './confirm-with-passkey.ts';
import { createConfirmOptions } from './create-confirm-options.ts';
import { createRegistrationOptions } from './create-registration-options.ts';
import { createSignInOptions } from './create-sign-in-options.ts';
import { listPasskeys } from './list-passkeys.ts';
import { loginWithPasskey } from './login-with-passkey.ts';
import { registerPasskey } from './register-passkey.ts';
import { removePasskey } from './remove-passkey.ts';
import { renamePasskey } from './rename-passkey.ts';
import * as s from './schemas.ts';

const ok = z.object({ ok: z.literal(true) });

export const passkeysRouter = {
  signInOptions: publicProcedure({
    summary: 'Create passkey sign-in options',
    description:
      'Returns a challenge for a sign-in with a passkey, alone or as the second factor. No email address is needed.',
    rest: { method: 'POST', path: '/auth/passkey/options' },
  })
    .output(s.requestOptions)
    .mutation(({ ctx }) => createSignInOptions(ctx)),

  signIn: publicProcedure({
    summary: 'Sign in with a passkey',
    description: 'No password is needed: the authenticator verifies the user.',
    rest: { method: 'POST', path: '/auth/passkey' },
  })
    .input(s.passkeyAnswerInput)
    .output(signedIn)
    .mutation(({ ctx, input }) => loginWithPasskey(ctx, input)),

  confirmOptions: authed({
    summary: 'Create passkey re-authentication options',
    rest: { method: 'POST', path: '/auth/passkey/confirm/options' },
  })
    .output(s.requestOptions)
    .mutation(({ ctx }) => createConfirmOptions(ctx)),

  confirm: authed({
    summary: 'Re-authenticate with a passkey',
    description: 'For the next five minutes the session can call operations that require recent authentication.',
    rest: { method: 'POST', path: '/auth/passkey/confirm' },
  })
    .input(s.passkeyAnswerInput)
    .output(ok)
    .mutation(({ ctx, input }) => confirmWithPasskey(ctx, input)),

  registrationOptions: fresh({
    summary: 'Create passkey registration options',
    rest: { method: 'POST', path: '/passkeys/options' },
  })
    .output(s.registrationOptions)
    .mutation(({ ctx }) => createRegistrationOptions(ctx)),

  register: fresh({
    summary: 'Register a passkey',
    description: 'Takes the credential that the browser created from the options of `passkeys.registrationOptions`.',
    isSecret: true,
    rest: { method: 'POST', path: '/passkeys', status: 201 },
  })
    .input(s.registerPasskeyInput)
    .output(s.registered)
    .mutation(({ ctx, input }) => registerPasskey(ctx, input)),

  list: authed({
    summary: 'List passkeys',
    description: 'A user can have at most 20 passkeys.',
    rest: { method: 'GET', path: '/passkeys' },
  })
    .output(s.passkeyPage)
    .query(({ ctx }) => listPasskeys(ctx)),

  rename: authed({ summary: 'Rename a passkey', rest: { method: 'PATCH', path: '/passkeys/{id}' } })
    .input(s.renamePasskeyInput)
    .output(s.passkey)
    .mutation(({ ctx, input }) => renamePasskey(ctx, input)),

  remove: fresh({ summary: 'Remove a passkey', rest: { method: 'DELETE', path: '/passkeys/{id}' } })
    .input(s.passkeyInput)
    .output(ok)
    .mutation(({ ctx, input }) => removePasskey(ctx, input)),
};
