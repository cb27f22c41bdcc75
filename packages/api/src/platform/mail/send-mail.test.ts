import { describe, expect, it } from 'vitest';
import { createGuessLimiter, uncounted } from '../rate-limits/guesses.ts';
import type { Site } from '../runtime/site.ts';
import type { OutgoingMail } from './mailer.ts';
import type { Mail, MailContent } from './mails.ts';
import { sendMail } from './send-mail.ts';

const site: Site = {
  name: 'ALICE & friends',
  url: 'https://alice.example.com',
  origins: ['https://alice.example.com'],
  adminEmails: new Set(),
};
const token = 'dG9rZW4tdGhhdC1vcGVucw';
const at = '2026-03-04T10:00:00.000Z';
const hostile = '<script>alert("x")</script>\r\nBcc: eve@example.com\u202e\u2066\u200f\u0000\ud800';

/** One of each kind: a forgotten one does not compile. */
const contents: { readonly [Kind in Mail['kind']]: Extract<MailContent, { kind: Kind }> } = {
  'verify-email': { kind: 'verify-email', token },
  'address-taken': { kind: 'address-taken' },
  'reset-password': { kind: 'reset-password', token },
  'password-changed': { kind: 'password-changed' },
  'change-email-from': { kind: 'change-email-from', token, newEmail: hostile },
  'change-email-to': { kind: 'change-email-to', token, newEmail: hostile },
  'email-changed': { kind: 'email-changed', newEmail: hostile },
  'new-sign-in': { kind: 'new-sign-in', at, address: hostile, userAgent: hostile },
  'second-factor-changed': { kind: 'second-factor-changed', what: hostile },
  'api-key-created': { kind: 'api-key-created', keyName: hostile },
  'api-key-expires': { kind: 'api-key-expires', keyName: hostile, at },
  'deletion-requested': { kind: 'deletion-requested', at },
  'deletion-cancelled': { kind: 'deletion-cancelled' },
  'role-changed': { kind: 'role-changed', role: hostile },
  'account-disabled': { kind: 'account-disabled' },
  'account-enabled': { kind: 'account-enabled' },
};

async function written(
  content: MailContent,
  name: string | null = 'Ada Lovelace',
  to = 'ada@example.com',
): Promise<OutgoingMail> {
  const sent: OutgoingMail[] = [];
  const mailer = { send: async (mail: OutgoingMail) => void sent.push(mail) };
  await sendMail({ site, guesses: uncounted }, mailer, {
    id: '01a211a8-826a-713c-b7f4-8d99ba577288',
    data: { to, name, ...content },
  });
  const [mail] = sent;
  if (mail === undefined || sent.length !== 1) throw new Error('not one mail');
  return mail;
}

const pages = {
  'verify-email': 'verify-email',
  'reset-password': 'reset-password',
  'change-email-from': 'confirm-email-change',
  'change-email-to': 'confirm-email-change',
} as const;
const treacherous = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

describe.each(Object.values(contents))('the email $kind', (content) => {
  it('has the same text in both parts, names its sender, and loads no external resource', async () => {
    const mail = await written(content);
    expect(mail).toMatchObject({ kind: content.kind, to: { address: 'ada@example.com' } });
    expect(mail.subject).not.toBe('');
    expect(mail.text).toContain(site.name);
    expect(mail.html).toContain('ALICE &amp; friends');
    expect(mail.html).not.toMatch(/<(img|script|link|iframe|style)\b|\bsrc=|@import|url\(/i);
    for (const [, href = ''] of mail.html.matchAll(/href="([^"]*)"/g)) {
      expect(mail.text).toContain(href);
      expect(href.startsWith(`${site.url}/account`)).toBe(true);
    }
  });

  it('has at most one link, and contains a token both in its fragment and as text', async () => {
    const mail = await written(content);
    expect([...mail.html.matchAll(/href=/g)].length).toBeLessThanOrEqual(1);
    if (!('token' in content)) return;
    const url = `${site.url}/account/${pages[content.kind]}#token=${token}`;
    expect(mail.html).toContain(`href="${url}"`);
    expect(mail.text.split('\n')).toEqual(expect.arrayContaining([url, token]));
    expect(mail.text).toMatch(/valid for (24 hours|30 minutes|one hour)/);
    expect(mail.text).toContain('If this was not you');
  });

  it('lets no one insert content through their input', async () => {
    const mail = await written(content, hostile);
    for (const header of [mail.subject, mail.to.name]) expect(header).not.toMatch(/\p{Cc}/u);
    expect(mail.html).not.toContain('<script');
    for (const part of [mail.subject, mail.to.name, mail.text, mail.html]) {
      expect(part).not.toMatch(treacherous);
      expect(part).not.toContain('\u0000');
      expect(part.isWellFormed()).toBe(true);
    }
    expect(mail.text).not.toMatch(/^Bcc:/m);
  });
});

it('contains no name in the greeting when none may be shown', async () => {
  const mail = await written(contents['reset-password'], null);
  expect(mail.to.name).toBe('');
  for (const part of [mail.text, mail.html]) expect(part).toContain('Hello,');
});

it('shows users their own name, and strangers no name chosen by someone else', async () => {
  const shown = await written(contents['reset-password'], '<b>Ada</b> & Co');
  expect(shown.html).toContain('Hello &lt;b&gt;Ada&lt;/b&gt; &amp; Co,');
  expect(shown.text).toContain('Hello <b>Ada</b> & Co,');
  for (const kind of ['verify-email', 'address-taken', 'change-email-to'] as const) {
    const mail = await written(contents[kind], 'visit http://evil.example');
    for (const part of [mail.to.name, mail.subject, mail.text, mail.html]) expect(part).not.toContain('evil');
  }
});

it.each([
  'ada@example.com\r\nBcc: eve@example.com',
  'ada@example.com, eve@example.com',
  'Eve <eve@example.com>',
  'ada@example.com>',
  'ada',
  '"a b"@example.com',
  '',
])('sends nothing to %j', async (to) => {
  await expect(written(contents['password-changed'], 'Ada', to)).rejects.toThrow('not an email address');
});

it('counts the emails that were sent, and not those that the mail server refused', async () => {
  const guesses = createGuessLimiter({ secret: 'a key that only the tests of this project ever use' });
  const sent: string[] = [];
  let isDown = true;
  const mailer = {
    async send({ id }: OutgoingMail) {
      if (isDown) throw new Error('the mail server is away');
      sent.push(id);
    },
  };
  const send = (id: string, kind: 'password-changed' | 'account-enabled') =>
    sendMail({ site, guesses }, mailer, { id, data: { to: 'ada@example.com', name: 'Ada', kind } });
  for (let count = 0; count < 15; count += 1)
    await expect(send(`${count}`, 'password-changed')).rejects.toThrow('the mail server is away');
  isDown = false;
  for (let count = 0; count < 15; count += 1) await send(`${count}`, 'password-changed');
  expect(sent).toHaveLength(10);
  await send('another kind', 'account-enabled');
  expect(sent.at(-1)).toBe('another kind');
});
