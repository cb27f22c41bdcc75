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
    summary: 'Register',
    description: 'Creates an account, signs in, and sends an email with a verification link.',
    rest: { method: 'POST', path: '/auth/register', status: 201 },
  })
    .input(s.registerInput)
    .output(s.signedIn)
    .mutation(({ ctx, input }) => register(ctx, input)),

  login: publicProcedure({
    summary: 'Sign in',
    description:
      'If the account has a second factor, this fails with `SECOND_FACTOR_REQUIRED`: continue with `secondFactor.signIn`.',
    rest: { method: 'POST', path: '/auth/login' },
  })
    .input(s.loginInput)
    .output(s.signedIn)
    .mutation(({ ctx, input }) => login(ctx, input)),

  confirm: authed({
    summary: 'Re-authenticate with a password',
    description: 'For the next five minutes the session can call operations that require recent authentication.',
    rest: { method: 'POST', path: '/auth/confirm' },
  })
    .input(s.confirmInput)
    .output(s.done)
    .mutation(({ ctx, input }) => confirm(ctx, input)),

  refresh: publicProcedure({
    summary: 'Refresh an access token',
    description:
      'Exchanges a refresh token for a new access token and a new refresh token. A web page can keep its refresh token ' +
      'in an HttpOnly cookie: send the header `x-alice-session: cookie` when you sign in and with this request, and ' +
      'leave `refreshToken` out.',
    rest: { method: 'POST', path: '/auth/refresh' },
  })
    .input(sessions.refreshInput)
    .output(sessions.tokens)
    .mutation(({ ctx, input }) => refresh(ctx, input)),

  logout: authed({
    summary: 'Sign out',
    description: 'Revokes the current session.',
    rest: { method: 'POST', path: '/auth/logout' },
  })
    .output(s.done)
    .mutation(({ ctx }) => logout(ctx)),

  verifyEmail: publicProcedure({
    summary: 'Verify an email address',
    description: 'Takes the token from the verification email. It is valid for 24 hours and can be used once.',
    rest: { method: 'POST', path: '/auth/verify-email' },
  })
    .input(email.tokenInput)
    .output(s.done)
    .mutation(({ ctx, input }) => verifyEmail(ctx, input)),

  resendVerification: authed({
    summary: 'Resend the verification email',
    description: 'Sends nothing if the address is already verified.',
    rest: { method: 'POST', path: '/auth/resend-verification' },
  })
    .output(s.done)
    .mutation(({ ctx }) => resendVerification(ctx)),

  logoutEverywhere: authed({
    summary: 'Revoke all sessions',
    description: 'Takes effect on every server within one second. API keys stay valid.',
    rest: { method: 'POST', path: '/auth/logout-everywhere' },
  })
    .input(sessions.logoutEverywhereInput.prefault({}))
    .output(sessions.sessionsEnded)
    .mutation(({ ctx, input }) => logoutEverywhere(ctx, input)),

  sessions: authed({
    summary: 'List sessions',
    rest: { method: 'GET', path: '/auth/sessions' },
  })
    .input(sessions.listSessionsInput.prefault({}))
    .output(sessions.sessionPage)
    .query(({ ctx, input }) => listSessions(ctx, input)),

  revokeSession: authed({
    summary: 'Revoke a session',
    rest: { method: 'DELETE', path: '/auth/sessions/{id}' },
  })
    .input(sessions.sessionInput)
    .output(s.done)
    .mutation(({ ctx, input }) => revokeSession(ctx, input)),

  activity: authed({
    summary: 'List security events',
    description: 'Sign-ins, sessions, API keys and changes to the account, newest first. Events are immutable.',
    rest: { method: 'GET', path: '/auth/activity' },
  })
    .input(listSecurityActivityInput.prefault({}))
    .output(securityActivityPage)
    .query(({ ctx, input }) => listSecurityActivity(ctx, input)),

  changePassword: fresh({
    summary: 'Change the password',
    description: 'Revokes all other sessions.',
    rest: { method: 'POST', path: '/auth/change-password' },
  })
    .input(passwords.changePasswordInput)
    .output(s.done)
    .mutation(({ ctx, input }) => changePassword(ctx, input)),

  requestPasswordReset: publicProcedure({
    summary: 'Request a password reset',
    description: 'Sends an email with a reset link. The response does not reveal whether the account exists.',
    rest: { method: 'POST', path: '/auth/request-password-reset' },
  })
    .input(email.emailInput)
    .output(s.done)
    .mutation(({ ctx, input }) => requestPasswordReset(ctx, input)),

  resetPassword: publicProcedure({
    summary: 'Reset a password',
    description:
      'Takes the token from the password reset email. It is valid for 30 minutes and can be used once. Revokes all ' +
      'sessions and does not sign in. If the email address was not verified before, API keys and second factors are ' +
      'removed too.',
    rest: { method: 'POST', path: '/auth/reset-password' },
  })
    .input(passwords.resetPasswordInput)
    .output(s.done)
    .mutation(({ ctx, input }) => resetPassword(ctx, input)),

  requestEmailChange: fresh({
    summary: 'Request an email change',
    description: 'Sends an email to the old and to the new address. Both must confirm within one hour.',
    rest: { method: 'POST', path: '/auth/request-email-change' },
  })
    .input(email.emailInput)
    .output(s.done)
    .mutation(({ ctx, input }) => requestEmailChange(ctx, input)),

  confirmEmailChange: publicProcedure({
    summary: 'Confirm an email change',
    description: 'Takes the token from one of the two emails. The address changes when both have confirmed.',
    rest: { method: 'POST', path: '/auth/confirm-email-change' },
  })
    .input(email.tokenInput)
    .output(email.emailChange)
    .mutation(({ ctx, input }) => confirmEmailChange(ctx, input)),
};
