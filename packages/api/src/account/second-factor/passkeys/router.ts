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
    summary: 'Ask for a challenge to sign in with a passkey',
    description: 'No address is needed: the passkey says whose it is. It serves as a second factor, too.',
    rest: { method: 'POST', path: '/auth/passkey/options' },
  })
    .output(s.requestOptions)
    .mutation(({ ctx }) => createSignInOptions(ctx)),

  signIn: publicProcedure({
    summary: 'Sign in with a passkey',
    description: 'With nothing else: the device that holds the passkey has verified the person.',
    rest: { method: 'POST', path: '/auth/passkey' },
  })
    .input(s.passkeyAnswerInput)
    .output(signedIn)
    .mutation(({ ctx, input }) => loginWithPasskey(ctx, input)),

  confirmOptions: authed({
    summary: 'Ask for a challenge to confirm who you are with a passkey',
    rest: { method: 'POST', path: '/auth/passkey/confirm/options' },
  })
    .output(s.requestOptions)
    .mutation(({ ctx }) => createConfirmOptions(ctx)),

  confirm: authed({
    summary: 'Confirm who you are with a passkey',
    description: 'For five minutes this session may then change what guards the account.',
    rest: { method: 'POST', path: '/auth/passkey/confirm' },
  })
    .input(s.passkeyAnswerInput)
    .output(ok)
    .mutation(({ ctx, input }) => confirmWithPasskey(ctx, input)),

  registrationOptions: fresh({
    summary: 'Ask for what a browser needs to make a passkey',
    rest: { method: 'POST', path: '/passkeys/options' },
  })
    .output(s.registrationOptions)
    .mutation(({ ctx }) => createRegistrationOptions(ctx)),

  register: fresh({
    summary: 'Add a passkey',
    description: 'Send what the browser made of the options of `passkeys.registrationOptions`.',
    isSecret: true,
    rest: { method: 'POST', path: '/passkeys', status: 201 },
  })
    .input(s.registerPasskeyInput)
    .output(s.registered)
    .mutation(({ ctx, input }) => registerPasskey(ctx, input)),

  list: authed({ summary: 'List your passkeys; there are 20 at most', rest: { method: 'GET', path: '/passkeys' } })
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
