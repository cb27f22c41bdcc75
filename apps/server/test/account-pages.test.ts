import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { call } from './harness/call.ts';
import { type ChildServer, startServer } from './harness/child-server.ts';
import { launchBrowser } from './harness/launch-browser.ts';
import { createTestStore } from './harness/test-store.ts';

// Unpacking the browser takes a while, once for each machine.
const timeout = 120_000;
const password = 'correct horse battery staple';
const newPassword = 'a different horse, and another stable';

let store: Awaited<ReturnType<typeof createTestStore>>;
let server: ChildServer;
let browser: Browser;

beforeAll(async () => {
  store = await createTestStore();
  server = await startServer(store);
  browser = await launchBrowser();
}, timeout);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
  await store?.[Symbol.asyncDispose]();
});

const newEmail = () => `${randomUUID()}@example.test`;

async function register() {
  const email = newEmail();
  const { user, tokens } = await call(server.url, 'auth.register', { email, password, name: 'Ada' });
  return { email, id: user.id, token: tokens.accessToken };
}

/** The link in the latest mail of this kind to an address, once it is there; at this server's own address. */
async function linkIn(kind: string, to: string): Promise<string> {
  const folder = join(store.dataDir, 'mail');
  return vi.waitFor(
    async () => {
      const names = (await readdir(folder))
        .filter((name) => name.includes(`-${kind}-`) && name.endsWith('.eml'))
        .sort();
      for (const name of names.reverse()) {
        const mail = await simpleParser(await readFile(join(folder, name)));
        const [recipient] = [mail.to ?? []].flat().flatMap(({ value }) => value);
        if (recipient?.address !== to) continue;
        const link = /https?:\/\/\S+\/account\/\S+#token=\S+/.exec(mail.text ?? '')?.[0];
        if (link === undefined) throw new Error(`no link in ${mail.text}`);
        return link.replace(new URL(link).origin, server.url);
      }
      throw new Error(`no mail ${kind} to ${to}`);
    },
    { timeout: 20_000, interval: 100 },
  );
}

interface Opened {
  readonly page: Page;
  /** What the page asked the server for, beside itself: `POST /api/v1/… {body}`. */
  readonly asked: string[];
  readonly complaints: string[];
}

async function open(link: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 900, height: 760 }, ...options });
  const page = await context.newPage();
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (request.method() !== 'GET') asked.push(`${request.method()} ${pathname} ${request.postData()}`);
    if (new URL(request.url()).origin !== server.url && !request.url().startsWith('data:')) asked.push(request.url());
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(link);
  return { page, asked, complaints };
}

const shoot = async (page: Page, name: string) => {
  const path = join(tmpdir(), `alice-${name}.png`);
  await page.screenshot({ path });
  console.log(`screenshot: ${path}`);
};
const textOf = (page: Page, role: 'status' | 'alert') => page.getByRole(role).textContent();
const tokenIn = (link: string) => decodeURIComponent(link.split('#token=')[1] ?? '');

describe('the pages that emails link to', { timeout }, () => {
  test('verify an address only when the button is pressed', async () => {
    const person = await register();
    const link = await linkIn('verify-email', person.email);
    const { page, asked, complaints } = await open(link);
    await page.getByRole('button', { name: 'Verify my email address' }).waitFor();
    await shoot(page, 'verify-email');

    // The token is in the address no more, nor in the history, and it went nowhere.
    expect(page.url()).toBe(`${server.url}/account/verify-email`);
    expect(await page.content()).not.toContain(tokenIn(link));
    expect(asked).toEqual([]);
    const before = await call(server.url, 'users.me', undefined, person.token);

    await page.getByRole('button').press('Enter');
    await page.getByText('your email address is verified').waitFor();
    expect(await textOf(page, 'status')).toBe('Thank you, your email address is verified. You can close this page.');
    expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
    expect(await page.getByRole('button').count()).toBe(0);
    expect(asked).toEqual([`POST /api/v1/auth/verify-email ${JSON.stringify({ token: tokenIn(link) })}`]);
    const after = await call(server.url, 'users.me', undefined, person.token);
    expect(after).not.toEqual(before);
    await shoot(page, 'verify-email-done');
    expect(complaints).toEqual([]);
  });

  test('report a link that is no longer valid', async () => {
    const person = await register();
    const link = await linkIn('verify-email', person.email);
    await call(server.url, 'auth.verifyEmail', { token: tokenIn(link) });
    const { page } = await open(link);
    await page.getByRole('button', { name: 'Verify my email address' }).click();
    await page.getByText('was already used').waitFor();
    expect(await textOf(page, 'alert')).toBe(
      'This link has expired or was already used. If your address is not verified yet, sign in and request another email.',
    );
    await shoot(page, 'verify-email-used');
  });

  test('report an incomplete link, and send no request', async () => {
    const { page, asked } = await open(`${server.url}/account/verify-email`);
    expect(await textOf(page, 'alert')).toContain('The link is incomplete');
    expect(await page.getByRole('button').count()).toBe(0);
    expect(asked).toEqual([]);
  });

  test('reset a password, with the keyboard alone', async () => {
    const person = await register();
    const { page, asked, complaints } = await open(`${server.url}/account/reset-password`);
    await shoot(page, 'request-password-reset');
    await page.getByLabel('Email address').focus();
    await page.keyboard.type('not an address');
    await page.keyboard.press('Enter');
    expect(await page.getByLabel('Email address').getAttribute('aria-invalid')).toBe('true');
    expect(asked).toEqual([]);
    await page.getByLabel('Email address').fill(person.email);
    await page.keyboard.press('Enter');
    await page.getByText('we have sent an email').waitFor();

    const link = await linkIn('reset-password', person.email);
    await page.goto(link);
    const field = page.getByLabel('New password', { exact: true });
    const again = page.getByLabel('Repeat the new password');
    await field.focus();
    await page.keyboard.type('too short');
    await page.keyboard.press('Tab');
    await page.keyboard.type('too shor');
    await page.keyboard.press('Enter');
    await page.getByText('is not the same').waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('repeated');
    expect(asked).toHaveLength(1);

    // What the server has to say of it stands beside the field, which is told to those who do not see it.
    await again.fill('too short');
    await page.keyboard.press('Enter');
    await page.getByText('must be at least 15 characters').waitFor();
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await field.getAttribute('aria-describedby')).toContain('new-password-fault');
    expect(await page.evaluate('document.activeElement.id')).toBe('new-password');
    await shoot(page, 'reset-password-short');

    await page.getByLabel('Show the password').check();
    expect(await field.getAttribute('type')).toBe('text');
    await field.fill(newPassword);
    await again.fill(newPassword);
    await page.keyboard.press('Enter');
    await page.getByText('Your new password is set').waitFor();
    await shoot(page, 'reset-password-done');
    expect(asked.at(-1)).toBe(
      `POST /api/v1/auth/reset-password ${JSON.stringify({ token: tokenIn(link), newPassword })}`,
    );
    const signedIn = await call(server.url, 'auth.login', { email: person.email, password: newPassword });
    expect(signedIn.user.id).toBe(person.id);

    // The same link once more: used, and a new one can be asked for on the spot.
    await page.goto(link);
    await field.fill(`${newPassword}!`);
    await again.fill(`${newPassword}!`);
    await page.getByRole('button', { name: 'Set the new password' }).click();
    await page.getByText('was already used').waitFor();
    expect(await page.getByRole('button', { name: 'Send me a link' }).isVisible()).toBe(true);
    await shoot(page, 'reset-password-used');
    // A browser tells its console of each refusal, too.
    expect(complaints.filter((text) => !text.includes('status of 400'))).toEqual([]);
  });

  test('confirm an email change from both addresses', async () => {
    const person = await register();
    const email = newEmail();
    await call(server.url, 'auth.requestEmailChange', { email }, person.token);
    const first = await open(await linkIn('change-email-from', person.email));
    await first.page.getByRole('button', { name: 'Confirm the change' }).click();
    await first.page.getByText('Now the other address must confirm').waitFor();
    const second = await open(await linkIn('change-email-to', email));
    await shoot(second.page, 'confirm-email-change');
    await second.page.getByRole('button', { name: 'Confirm the change' }).click();
    await second.page.getByText('your email address has changed').waitFor();
    const signedIn = await call(server.url, 'auth.login', { email, password });
    expect(signedIn.user.id).toBe(person.id);
    expect([...first.complaints, ...second.complaints]).toEqual([]);
  });

  test('report that the server is unavailable, and keep the token for another try', async () => {
    const person = await register();
    const link = await linkIn('verify-email', person.email);
    const { page } = await open(link);
    await page.context().setOffline(true);
    await page.getByRole('button').click();
    await page.getByText('cannot be reached').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('button').click();
    await page.getByText('your email address is verified').waitFor();
    expect(await textOf(page, 'alert')).toBe('');
  });

  test('ignore a second click while the first request is running', async () => {
    const person = await register();
    const { page, asked } = await open(await linkIn('verify-email', person.email));
    await page.getByRole('button').dblclick();
    await page.getByText('your email address is verified').waitFor();
    expect(asked).toHaveLength(1);
  });

  test('are readable in dark mode and on a phone', async () => {
    const { page, complaints } = await open(`${server.url}/account/reset-password#token=abc`, {
      colorScheme: 'dark',
      viewport: { width: 390, height: 780 },
    });
    await shoot(page, 'reset-password-dark');
    const isWider = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    expect(isWider).toBe(false);
    const account = await open(`${server.url}/account`);
    await shoot(account.page, 'account');
    expect([...complaints, ...account.complaints]).toEqual([]);
  });

  test('use no inline code, cannot be framed, are not cached, and send no referrer', async () => {
    for (const path of ['', '/verify-email', '/reset-password', '/confirm-email-change']) {
      const response = await fetch(`${server.url}/account${path}`);
      expect(response.status).toBe(200);
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
      expect(response.headers.get('cache-control')).toBe('no-store');
      const html = await response.text();
      expect(html).not.toMatch(/<script>|<style|style=|\son\w+=/);
      for (const method of ['POST', 'PUT']) {
        expect((await fetch(`${server.url}/account${path}`, { method })).status).toBe(405);
      }
    }
    expect((await fetch(`${server.url}/account/nothing`)).status).toBe(404);
  });
});
