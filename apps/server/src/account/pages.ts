import { escapeHtml, icon, iconLink } from '../http/html.ts';
import { type BrowserFile, fileTags } from '../http/static-page.ts';

/** What the pages may do: load from here, call here, and nothing else. */
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
 * The pages that mails lead to, by address. Each form says in `data-call` what its button calls, and only the button does:
 * whoever follows a link (scanners of mail do) changes nothing. The token stands behind the `#`, which no server sees.
 */
export const accountPages: Readonly<Record<string, AccountPage>> = {
  '/account': {
    title: 'Your account',
    body: `
<ul class="links">
<li><a href="/account/reset-password">Choose a new password</a> if you forgot yours, or somebody else may know it: that ends every session.</li>
<li><a href="/docs">Manage the rest over the API</a>: sessions, API keys, second factors, deletion.</li>
</ul>`,
  },
  '/account/verify-email': {
    title: 'Confirm your address',
    body: form({
      call: 'verify-email',
      says: 'Press the button to confirm that the e-mail address which this link was sent to is yours.',
      button: 'Confirm my address',
      used: 'If your address is not confirmed yet, sign in and ask for another mail.',
      done: { '': 'Thank you, your address is confirmed. You can close this page.' },
    }),
  },
  '/account/confirm-email-change': {
    title: 'Change your e-mail address',
    body: form({
      call: 'confirm-email-change',
      says: 'Press the button to agree that the account moves to the new address. The old and the new address must both agree.',
      button: 'Agree to the change',
      used: 'If the change is still wanted, sign in and ask for it again.',
      done: {
        waiting: 'Thank you. Now the other address has to agree, too: its mail leads to a page like this one.',
        changed: 'Thank you. The account has moved: from now on, sign in with the new address.',
      },
    }),
  },
  '/account/reset-password': {
    title: 'Choose a new password',
    body: `${form({
      call: 'reset-password',
      says: 'Setting it ends every session, here and elsewhere: sign in anew afterwards.',
      fields: `
<div class="field">
<label for="new-password">New password</label>
<p class="hint" id="new-password-rule">At least 15 characters, any of them: a sentence will do. If your account has a second factor, 8 are enough.</p>
<input id="new-password" name="newPassword" type="password" autocomplete="new-password" required maxlength="256" spellcheck="false" autocapitalize="none" aria-describedby="new-password-rule new-password-fault">
<p class="fault" id="new-password-fault" hidden></p>
</div>
<div class="field">
<label for="repeated">The same again</label>
<input id="repeated" name="repeated" type="password" autocomplete="new-password" required maxlength="256" spellcheck="false" autocapitalize="none" aria-describedby="repeated-fault">
<p class="fault" id="repeated-fault" hidden></p>
</div>
<label class="check"><input type="checkbox" id="reveal"> Show what I type</label>`,
      button: 'Set the password',
      done: { '': 'Your new password is set, and every session has ended. Sign in with it now.' },
      used: 'Ask for a new one here.',
    })}${form({
      call: 'request-password-reset',
      says: 'Tell us the e-mail address of your account: we send it a link to choose a new password with.',
      fields: `
<div class="field">
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="email" required maxlength="254" spellcheck="false" autocapitalize="none" aria-describedby="email-fault">
<p class="fault" id="email-fault" hidden></p>
</div>`,
      button: 'Send me a link',
      done: {
        '': 'If there is an account with this address, a mail is on its way. Its link counts for 30 minutes.',
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
  /** What is said afterwards, by the status in the reply. */
  readonly done: Readonly<Record<string, string>>;
  /** What to do when the link counts no more. */
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

/** One of the pages as HTML. It shows nothing of a person: what it is about only the script knows. */
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
<noscript><p class="note problem">This page needs JavaScript to do what you ask of it.</p></noscript>
</main>
${scripts}
</body>
</html>
`;
}
