import type { Site } from '../runtime/site.ts';
import type { MailAction, MailText } from './mail-text.ts';
import type { Mail } from './mails.ts';
import { instantText, oneLine } from './plain-text.ts';

type Of<Kind extends Mail['kind']> = Extract<Mail, { kind: Kind }>;

/** What each mail says. People's texts are cut to one line here, and escaped where HTML is made of them. */
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
        `The password of your ${site.name} account was changed. All other sessions were ended.`,
      ]);
    case 'change-email-from':
      return changeEmailFrom(mail, site, name);
    case 'change-email-to':
      return changeEmailTo(mail, site);
    case 'email-changed':
      return notice(site, name, 'Your e-mail address was changed', [
        `Your ${site.name} account now belongs to the address ${oneLine(mail.newEmail, 320)}. This address does not sign in any more.`,
      ]);
    case 'new-sign-in':
      return newSignIn(mail, site, name);
    case 'second-factor-changed':
      return notice(site, name, 'How you sign in was changed', [
        `A change was made to the second factors of your ${site.name} account: ${oneLine(mail.what)}.`,
      ]);
    case 'api-key-created':
      return notice(site, name, 'An API key was created', [
        `An API key was created for your ${site.name} account: ${oneLine(mail.keyName)}.`,
        'Whoever has the key can use your account as far as the key allows.',
      ]);
    case 'api-key-expires':
      return {
        subject: `An API key for ${site.name} expires soon`,
        name,
        before: [
          `The API key ${oneLine(mail.keyName)} of your ${site.name} account expires on ${instantText(mail.at)}.`,
          'Programs that use it stop working then. Make a new key and give it to them before.',
        ],
        action: accountPage(site, 'See your API keys'),
        after: [],
      };
    case 'deletion-requested':
      return notice(site, name, 'Your account will be deleted', [
        `You asked to delete your ${site.name} account. It is deleted with all its data on ${instantText(mail.at)}.`,
        'Until then you can sign in and keep it.',
      ]);
    case 'deletion-cancelled':
      return notice(site, name, 'Your account stays', [
        `Your ${site.name} account will not be deleted: that was called off.`,
      ]);
    case 'role-changed':
      return told(site, name, 'Your role was changed', `Your role at ${site.name} is now: ${oneLine(mail.role)}.`);
    case 'account-disabled':
      return told(
        site,
        name,
        'Your account was disabled',
        `An administrator disabled your ${site.name} account. Nobody can sign in to it; your data is kept.`,
      );
    case 'account-enabled':
      return told(
        site,
        name,
        'Your account works again',
        `An administrator enabled your ${site.name} account again. You can sign in as before.`,
      );
  }
}

function verifyEmail({ token }: Of<'verify-email'>, site: Site): MailText {
  return {
    subject: `Confirm your e-mail address for ${site.name}`,
    name: null,
    before: [`Somebody signed up at ${site.name} with this address. If it was you, confirm that it is yours:`],
    action: tokenPage(site, 'Confirm my address', 'verify-email', token),
    after: [
      'The link counts for 24 hours.',
      'If this was not you, do nothing: without it the address is not confirmed.',
    ],
  };
}

function addressTaken(site: Site): MailText {
  return {
    subject: `You have an account at ${site.name} already`,
    name: null,
    before: [
      `Somebody wanted to use this address for an account at ${site.name}. It has one already, so nothing was done.`,
      'If it was you, sign in with your password, or choose a new one:',
    ],
    action: { label: 'Choose a new password', url: `${site.url}/account/reset-password` },
    after: ['If this was not you, do nothing: nobody has learnt that you have an account.'],
  };
}

function resetPassword({ token }: Of<'reset-password'>, site: Site, name: string | null): MailText {
  return {
    subject: `Choose a new password for ${site.name}`,
    name,
    before: [`Somebody asked for a new password for your ${site.name} account. If it was you, choose one:`],
    action: tokenPage(site, 'Choose a new password', 'reset-password', token),
    after: [
      'The link counts for 30 minutes, and once.',
      'If this was not you, do nothing: your password stays as it is. Give this link to nobody.',
    ],
  };
}

function changeEmailFrom({ token, newEmail }: Of<'change-email-from'>, site: Site, name: string | null): MailText {
  return {
    subject: `Change the e-mail address of your ${site.name} account?`,
    name,
    before: [
      `Somebody who is signed in to your ${site.name} account asked to change its address to ${oneLine(newEmail, 320)}. If it was you, agree:`,
    ],
    action: tokenPage(site, 'Change my address', 'confirm-email-change', token),
    after: [
      'The link counts for an hour. The new address has to agree, too.',
      `If this was not you, do not follow it: the address stays as it is. Somebody else is signed in to your account, so choose a new password at ${site.url}/account/reset-password now.`,
    ],
  };
}

function changeEmailTo({ token }: Of<'change-email-to'>, site: Site): MailText {
  return {
    subject: `Confirm your new e-mail address for ${site.name}`,
    name: null,
    before: [
      `Somebody asked to use this address for their account at ${site.name}. If it was you, confirm that it is yours:`,
    ],
    action: tokenPage(site, 'Confirm my new address', 'confirm-email-change', token),
    after: ['The link counts for an hour.', 'If this was not you, do nothing: without it the address is not used.'],
  };
}

function newSignIn({ at, address, userAgent }: Of<'new-sign-in'>, site: Site, name: string | null): MailText {
  return notice(site, name, `A new sign-in to your account`, [
    `Somebody signed in to your ${site.name} account from a network that you have not used before.`,
    `When: ${instantText(at)}`,
    `Network address: ${address === null ? 'unknown' : oneLine(address)}`,
    `Program: ${userAgent === null ? 'unknown' : oneLine(userAgent)}`,
  ]);
}

/** Something that the person did, and should hear of in case it was somebody else. */
function notice(site: Site, name: string | null, title: string, before: readonly string[]): MailText {
  return {
    subject: `${title} (${site.name})`,
    name,
    before: [...before, 'If this was you, there is nothing to do.'],
    action: { label: 'This was not me', url: `${site.url}/account/reset-password` },
    after: [
      'If this was not you, follow the link now and choose a new password: that ends every session and calls off a deletion. Then look through your API keys, passkeys and authenticator app.',
    ],
  };
}

/** Something that an administrator did. */
function told(site: Site, name: string | null, title: string, what: string): MailText {
  return {
    subject: `${title} (${site.name})`,
    name,
    before: [what],
    after: ['If you did not expect this, ask your administrator.'],
  };
}

function accountPage(site: Site, label: string): MailAction {
  return { label, url: `${site.url}/account` };
}

/** The token stands behind the `#`: browsers keep that to themselves, so it enters no log. */
function tokenPage(site: Site, label: string, page: string, token: string): MailAction {
  return { label, url: `${site.url}/account/${page}#token=${encodeURIComponent(token)}`, token };
}
