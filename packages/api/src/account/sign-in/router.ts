import { authed, fresh, publicProcedure } from '../../procedures/access.ts';
import { listSecurityActivity } from '../activity/list-security-activity.ts';
import { listSecurityActivityInput, securityActivityPage } from '../activity/schemas.ts';
import { confirmEmailChange } from '../email/confirm-email-change.ts';
import { requestEmailChange } from '../email/request-email-change.ts';
import { resendVerification } from '../email/resend-verification.ts';
import * as email from '../email/schemas.ts';
import { verifyEmail } from '../email/verify-email.ts';
import { changePassword } from '../passwords/change-password.ts';
import { requestPasswordReset } from '../passwords/request-password-reset.ts';
import { resetPassword } from '../passwords/reset-password.ts';
import * as passwords from '../passwords/schemas.ts';
import { listSessions } from '../sessions/list-sessions.ts';
import { logout } from '../sessions/logout.ts';
import { logoutEverywhere } from '../sessions/logout-everywhere.ts';
import { refresh } from '../sessions/refresh.ts';
import { revokeSession } from '../sessions/revoke-session.ts';
import * as sessions from '../sessions/schemas.ts';
import { confirm } from './confirm.ts';
import { login } from './login.ts';
import { register } from './register.ts';
import * as s from './schemas.ts';

export const authRouter = {
  register: publicProcedure({
    summary: 'Make an account',
    description: 'Signs in at once, and asks by mail whether the address is yours.',
    rest: { method: 'POST', path: '/auth/register', status: 201 },
  })
    .input(s.registerInput)
    .output(s.signedIn)
    .mutation(({ ctx, input }) => register(ctx, input)),

  login: publicProcedure({ summary: 'Sign in', rest: { method: 'POST', path: '/auth/login' } })
    .input(s.loginInput)
    .output(s.signedIn)
    .mutation(({ ctx, input }) => login(ctx, input)),

  confirm: authed({
    summary: 'Confirm who you are',
    description: 'For five minutes this session may then do what needs a fresh sign-in.',
    rest: { method: 'POST', path: '/auth/confirm' },
  })
    .input(s.confirmInput)
    .output(s.done)
    .mutation(({ ctx, input }) => confirm(ctx, input)),

  refresh: publicProcedure({
    summary: 'Exchange a refresh token',
    description:
      'A web page may have it kept in a cookie that no script sees: it sends the header `x-alice-session: cookie` with ' +
      'whatever signs in, and here, where `refreshToken` is then left out.',
    rest: { method: 'POST', path: '/auth/refresh' },
  })
    .input(sessions.refreshInput)
    .output(sessions.tokens)
    .mutation(({ ctx, input }) => refresh(ctx, input)),

  logout: authed({ summary: 'End this session', rest: { method: 'POST', path: '/auth/logout' } })
    .output(s.done)
    .mutation(({ ctx }) => logout(ctx)),

  verifyEmail: publicProcedure({
    summary: 'Show that an address is yours',
    description: 'With the token of the mail that followed the registration. It counts once, for 24 hours.',
    rest: { method: 'POST', path: '/auth/verify-email' },
  })
    .input(email.tokenInput)
    .output(s.done)
    .mutation(({ ctx, input }) => verifyEmail(ctx, input)),

  resendVerification: authed({
    summary: 'Send the mail again that asks whether the address is yours',
    description: 'Nothing is sent where that is known already.',
    rest: { method: 'POST', path: '/auth/resend-verification' },
  })
    .output(s.done)
    .mutation(({ ctx }) => resendVerification(ctx)),

  logoutEverywhere: authed({
    summary: 'End all sessions, or all others',
    description: 'On every process within a second. API keys go on.',
    rest: { method: 'POST', path: '/auth/logout-everywhere' },
  })
    .input(sessions.logoutEverywhereInput.prefault({}))
    .output(sessions.sessionsEnded)
    .mutation(({ ctx, input }) => logoutEverywhere(ctx, input)),

  sessions: authed({
    summary: 'List where you are signed in, newest first',
    rest: { method: 'GET', path: '/auth/sessions' },
  })
    .input(sessions.listSessionsInput.prefault({}))
    .output(sessions.sessionPage)
    .query(({ ctx, input }) => listSessions(ctx, input)),

  revokeSession: authed({
    summary: 'End one of your sessions',
    rest: { method: 'DELETE', path: '/auth/sessions/{id}' },
  })
    .input(sessions.sessionInput)
    .output(s.done)
    .mutation(({ ctx, input }) => revokeSession(ctx, input)),

  activity: authed({
    summary: 'List what happened to your account',
    description:
      'Sign-ins, sessions, keys and changes of the account itself, newest first. Nothing in it can be altered.',
    rest: { method: 'GET', path: '/auth/activity' },
  })
    .input(listSecurityActivityInput.prefault({}))
    .output(securityActivityPage)
    .query(({ ctx, input }) => listSecurityActivity(ctx, input)),

  changePassword: fresh({
    summary: 'Change your password',
    description: 'Ends all other sessions. Needs a sign-in less than five minutes old.',
    rest: { method: 'POST', path: '/auth/change-password' },
  })
    .input(passwords.changePasswordInput)
    .output(s.done)
    .mutation(({ ctx, input }) => changePassword(ctx, input)),

  requestPasswordReset: publicProcedure({
    summary: 'Ask for a mail to set a forgotten password anew',
    description: 'The answer is the same whether or not there is an account with this address.',
    rest: { method: 'POST', path: '/auth/request-password-reset' },
  })
    .input(email.emailInput)
    .output(s.done)
    .mutation(({ ctx, input }) => requestPasswordReset(ctx, input)),

  resetPassword: publicProcedure({
    summary: 'Set a forgotten password anew',
    description:
      'With the token of the mail, which counts once, for 30 minutes. Ends all sessions and signs nobody in. Where nobody had ' +
      'shown before that the address is theirs, API keys and second factors go, too.',
    rest: { method: 'POST', path: '/auth/reset-password' },
  })
    .input(passwords.resetPasswordInput)
    .output(s.done)
    .mutation(({ ctx, input }) => resetPassword(ctx, input)),

  requestEmailChange: fresh({
    summary: 'Ask to move the account to another address',
    description:
      'Both addresses get a mail, and both must agree within the hour. Needs a sign-in less than five minutes old.',
    rest: { method: 'POST', path: '/auth/request-email-change' },
  })
    .input(email.emailInput)
    .output(s.done)
    .mutation(({ ctx, input }) => requestEmailChange(ctx, input)),

  confirmEmailChange: publicProcedure({
    summary: 'Agree to move an account to another address',
    description: 'With the token of one of both mails. When the second address agrees, the account moves.',
    rest: { method: 'POST', path: '/auth/confirm-email-change' },
  })
    .input(email.tokenInput)
    .output(email.emailChange)
    .mutation(({ ctx, input }) => confirmEmailChange(ctx, input)),
};
