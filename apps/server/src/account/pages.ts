import { escapeHtml, icon, iconLink } from '../http/html.ts';
import { type BrowserFile, fileTags } from '../http/static-page.ts';

/** The pages may load from and call this origin only. */
export const accountPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

interface AccountPage {
  readonly title: string;
  readonly body: string;
}

/**
 * The pages that links in mails open, by path. Opening a link changes nothing, since mail scanners open links too: only
 * the button calls the operation in `data-call`. The token is in the URL fragment, which no server sees.
 */
export const accountPages: Readonly<Record<string, AccountPage>> = {
  '/account': {
    title: 'Your account',
    body: `
<ul class="links">
<li><a href="/account/reset-password">Reset your password</a> if you forgot it, or if someone else may know it. This signs out all sessions.</li>
<li><a href="/docs">Manage everything else with the API</a>: sessions, API keys, two-factor authentication, account deletion.</li>
</ul>`,
  },
  '/account/verify-email': {
    title: 'Verify your email address',
    body: form({
      call: 'verify-email',
      says: 'Press the button to verify that this email address is yours.',
      button: 'Verify my email address',
      used: 'If your address is not verified yet, sign in and request another email.',
      done: { '': 'Thank you, your email address is verified. You can close this page.' },
    }),
  },
  '/account/confirm-email-change': {
    title: 'Change your email address',
    body: form({
      call: 'confirm-email-change',
      says: 'Press the button to confirm the change. Both the old and the new address must confirm it.',
      button: 'Confirm the change',
      used: 'If you still want to change the address, sign in and request the change again.',
      done: {
        waiting: 'Thank you. Now the other address must confirm too: open the link in the email that we sent there.',
        changed: 'Thank you, your email address has changed. From now on, sign in with the new address.',
      },
    }),
  },
  '/account/reset-password': {
    title: 'Reset your password',
    body: `${form({
      call: 'reset-password',
      says: 'A new password signs out all sessions on all devices. Sign in again afterwards.',
      fields: `
<div class="field">
<label for="new-password">New password</label>
<p class="hint" id="new-password-rule">At least 15 characters of any kind, for example a passphrase. With a second factor, 8 are enough.</p>
<input id="new-password" name="newPassword" type="password" autocomplete="new-password" required maxlength="256" spellcheck="false" autocapitalize="none" aria-describedby="new-password-rule new-password-fault">
<p class="fault" id="new-password-fault" hidden></p>
</div>
<div class="field">
<label for="repeated">Repeat the new password</label>
<input id="repeated" name="repeated" type="password" autocomplete="new-password" required maxlength="256" spellcheck="false" autocapitalize="none" aria-describedby="repeated-fault">
<p class="fault" id="repeated-fault" hidden></p>
</div>
<label class="check"><input type="checkbox" id="reveal"> Show the password</label>`,
      button: 'Set the new password',
      done: { '': 'Your new password is set, and all sessions are signed out. Sign in with the new password.' },
      used: 'Request a new link here.',
    })}${form({
      call: 'request-password-reset',
      says: 'Enter the email address of your account. We will send you a link to reset the password.',
      fields: `
<div class="field">
<label for="email">Email address</label>
<input id="email" name="email" type="email" autocomplete="email" required maxlength="254" spellcheck="false" autocapitalize="none" aria-describedby="email-fault">
<p class="fault" id="email-fault" hidden></p>
</div>`,
      button: 'Send me a link',
      done: {
        '': 'If an account with this address exists, we have sent an email. The link is valid for 30 minutes.',
      },
    })}`,
  },
};

interface Form {
  /** Below `/api/v1/auth/`. */
  readonly call: string;
  readonly says: string;
  readonly fields?: string;
  readonly button: string;
  /** The message after success, by the `status` of the response. */
  readonly done: Readonly<Record<string, string>>;
  /** What to do if the link is invalid. */
  readonly used?: string;
}

function form({ call, says, fields = '', button, done, used = '' }: Form): string {
  const results = Object.entries(done).map(([status, said]) => ` data-done${status && `-${status}`}="${said}"`);
  return `
<form data-call="${call}"${results.join('')} data-used="${used}" hidden novalidate>
<p>${says}</p>${fields}
<button type="submit">${button}</button>
</form>`;
}

/** A page as HTML. It contains no personal data: only the script reads the token. */
export function renderAccountPage(name: string, { title, body }: AccountPage, files: readonly BrowserFile[]): string {
  const { styles, scripts } = fileTags(files);
  const product = escapeHtml(name);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · ${product}</title>
${iconLink}
${styles}
</head>
<body>
<main>
<p class="product">${icon}<span>${product}</span></p>
<h1 tabindex="-1">${title}</h1>
<div class="note problem" role="alert" id="problem"></div>${body}
<div class="note" role="status" id="status"></div>
<noscript><p class="note problem">This page needs JavaScript.</p></noscript>
</main>
${scripts}
</body>
</html>
`;
}
