import type { Site } from '../runtime/site.ts';
import type { MailAction, MailText } from './mail-text.ts';
import type { Mail } from './mails.ts';
import { instantText, oneLine } from './plain-text.ts';

type Of<Kind extends Mail['kind']> = Extract<Mail, { kind: Kind }>;

/** The text of each mail. Texts of users are reduced to one line here, and escaped when the HTML is rendered. */
export function contentOf(mail: Mail, site: Site): MailText {
  const name = mail.name === null ? null : oneLine(mail.name, 100);
  switch (mail.kind) {
    case 'verify-email':
      return verifyEmail(mail, site);
    case 'address-taken':
      return addressTaken(site);
    case 'reset-password':
      return resetPassword(mail, site, name);
    case 'password-changed':
      return notice(site, name, 'Your password was changed', [
        `The password of your ${site.name} account was changed. All other sessions were signed out.`,
      ]);
    case 'change-email-from':
      return changeEmailFrom(mail, site, name);
    case 'change-email-to':
      return changeEmailTo(mail, site);
    case 'email-changed':
      return notice(site, name, 'Your email address was changed', [
        `Your ${site.name} account now uses the email address ${oneLine(mail.newEmail, 320)}. You can no longer sign in with this address.`,
      ]);
    case 'new-sign-in':
      return newSignIn(mail, site, name);
    case 'second-factor-changed':
      return notice(site, name, 'Your two-factor authentication was changed', [
        `The two-factor authentication of your ${site.name} account was changed: ${oneLine(mail.what)}.`,
      ]);
    case 'api-key-created':
      return notice(site, name, 'An API key was created', [
        `An API key was created for your ${site.name} account: ${oneLine(mail.keyName)}.`,
        'Anyone who has the key can use your account within the scopes of the key.',
      ]);
    case 'api-key-expires':
      return {
        subject: `An API key for ${site.name} expires soon`,
        name,
        before: [
          `The API key ${oneLine(mail.keyName)} of your ${site.name} account expires on ${instantText(mail.at)}.`,
          'Programs that use it will stop working. Rotate the key and update these programs before that date.',
        ],
        action: accountPage(site, 'Manage your API keys'),
        after: [],
      };
    case 'deletion-requested':
      return notice(site, name, 'Your account will be deleted', [
        `You asked us to delete your ${site.name} account. We will delete it with all its data on ${instantText(mail.at)}.`,
        'Until then you can sign in and cancel the deletion.',
      ]);
    case 'deletion-cancelled':
      return notice(site, name, 'The deletion of your account was cancelled', [
        `Your ${site.name} account will not be deleted.`,
      ]);
    case 'role-changed':
      return adminNotice(
        site,
        name,
        'Your role was changed',
        `Your role at ${site.name} is now: ${oneLine(mail.role)}.`,
      );
    case 'account-disabled':
      return adminNotice(
        site,
        name,
        'Your account was disabled',
        `An administrator disabled your ${site.name} account. You cannot sign in. Your data is kept.`,
      );
    case 'account-enabled':
      return adminNotice(
        site,
        name,
        'Your account was enabled',
        `An administrator enabled your ${site.name} account. You can sign in again.`,
      );
  }
}

function verifyEmail({ token }: Of<'verify-email'>, site: Site): MailText {
  return {
    subject: `Verify your email address for ${site.name}`,
    name: null,
    before: [`Someone signed up for ${site.name} with this email address. If it was you, verify the address:`],
    action: tokenPage(site, 'Verify my email address', 'verify-email', token),
    after: [
      'The link is valid for 24 hours.',
      'If this was not you, ignore this email: the address will not be verified.',
    ],
  };
}

function addressTaken(site: Site): MailText {
  return {
    subject: `You already have an account at ${site.name}`,
    name: null,
    before: [
      `Someone tried to use this email address for a ${site.name} account. The address already has an account, so nothing was changed.`,
      'If it was you, sign in with your password, or reset the password:',
    ],
    action: { label: 'Reset my password', url: `${site.url}/account/reset-password` },
    after: ['If this was not you, ignore this email: we did not tell anyone that you have an account.'],
  };
}

function resetPassword({ token }: Of<'reset-password'>, site: Site, name: string | null): MailText {
  return {
    subject: `Reset your ${site.name} password`,
    name,
    before: [`Someone asked to reset the password of your ${site.name} account. If it was you, choose a new password:`],
    action: tokenPage(site, 'Reset my password', 'reset-password', token),
    after: [
      'The link is valid for 30 minutes and can be used once.',
      'If this was not you, ignore this email: your password stays unchanged. Do not share this link.',
    ],
  };
}

function changeEmailFrom({ token, newEmail }: Of<'change-email-from'>, site: Site, name: string | null): MailText {
  return {
    subject: `Confirm the new email address of your ${site.name} account`,
    name,
    before: [
      `Someone who is signed in to your ${site.name} account asked to change its email address to ${oneLine(newEmail, 320)}. If it was you, confirm the change:`,
    ],
    action: tokenPage(site, 'Confirm the change', 'confirm-email-change', token),
    after: [
      'The link is valid for one hour. The new address must confirm the change too.',
      `If this was not you, do not open the link: the address stays unchanged. Someone else is signed in to your account, so reset your password now at ${site.url}/account/reset-password.`,
    ],
  };
}

function changeEmailTo({ token }: Of<'change-email-to'>, site: Site): MailText {
  return {
    subject: `Verify your new email address for ${site.name}`,
    name: null,
    before: [
      `Someone asked to use this email address for their ${site.name} account. If it was you, verify the address:`,
    ],
    action: tokenPage(site, 'Verify my new email address', 'confirm-email-change', token),
    after: ['The link is valid for one hour.', 'If this was not you, ignore this email: the address will not be used.'],
  };
}

function newSignIn({ at, address, userAgent }: Of<'new-sign-in'>, site: Site, name: string | null): MailText {
  return notice(site, name, 'New sign-in to your account', [
    `Someone signed in to your ${site.name} account from a new network.`,
    `Time: ${instantText(at)}`,
    `IP address: ${address === null ? 'unknown' : oneLine(address)}`,
    `Browser or app: ${userAgent === null ? 'unknown' : oneLine(userAgent)}`,
  ]);
}

/** A notice about an action of the user, in case it was someone else. */
function notice(site: Site, name: string | null, title: string, before: readonly string[]): MailText {
  return {
    subject: `${title} (${site.name})`,
    name,
    before: [...before, 'If this was you, you do not need to do anything.'],
    action: { label: 'This was not me', url: `${site.url}/account/reset-password` },
    after: [
      'If this was not you, open the link now and reset your password. This signs out all sessions and cancels a scheduled deletion. Then check your API keys, passkeys and authenticator app.',
    ],
  };
}

/** A notice about an action of an administrator. */
function adminNotice(site: Site, name: string | null, title: string, what: string): MailText {
  return {
    subject: `${title} (${site.name})`,
    name,
    before: [what],
    after: ['If you did not expect this, contact your administrator.'],
  };
}

function accountPage(site: Site, label: string): MailAction {
  return { label, url: `${site.url}/account` };
}

/** The token is in the URL fragment, which browsers do not send, so it does not appear in logs. */
function tokenPage(site: Site, label: string, page: string, token: string): MailAction {
  return { label, url: `${site.url}/account/${page}#token=${encodeURIComponent(token)}`, token };
}
