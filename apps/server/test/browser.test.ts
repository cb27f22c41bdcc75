import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AliceClient } from '@alice/client';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { CallError, call } from './harness/call.ts';
import { startServer } from './harness/child-server.ts';
import { launchBrowser } from './harness/launch-browser.ts';
import { createTestStore } from './harness/test-store.ts';

// Unpacking the browser takes a while, once for each machine.
const timeout = 120_000;

/** What the page's script leaves for `evaluate`, whose functions run in the page and see nothing of this file. */
declare global {
  var alice: AliceClient;
  var sdk: typeof import('@alice/client');
}

const script = `
  import * as sdk from '@alice/client';
  const url = new URLSearchParams(location.search).get('server');
  globalThis.sdk = sdk;
  globalThis.alice = sdk.createAliceClient({ url, tokens: sdk.localStorageTokenStore() });
`;

test('a page of a listed origin registers, makes calls, and is still signed in after a reload', {
  timeout,
}, async () => {
  await using site = await servePage();
  await using store = await createTestStore();
  await using server = await startServer({ ...store, env: { CORS_ORIGINS: site.origin } });
  await using browser = await launchBrowser();
  const context = await browser.newContext();
  const { page, complaints } = await openPage(context, site.origin, server.url);
  const person = newPerson();
  const titles = ['Zahnarzt 🦷', '買い物', 'naïve café', '2026-11-22T09:30:00.000Z', 'e'];

  const registered = await page.evaluate(async (input) => {
    const { user } = await alice.auth.register.mutate(input);
    return { id: user.id, email: user.email, isDated: user.createdAt instanceof Date };
  }, person);
  expect(registered).toEqual({ id: expect.any(String), email: person.email, isDated: true });

  const created = await page.evaluate(async (wanted) => {
    const tasks = await Promise.all(wanted.map((title) => alice.tasks.create.mutate({ title })));
    return tasks.map(({ title, createdAt }) => ({ title, isDated: createdAt instanceof Date }));
  }, titles);
  expect(created).toEqual(titles.map((title) => ({ title, isDated: true })));

  const list = () =>
    page.evaluate(async () => {
      const tasks = [];
      for await (const { title, createdAt } of sdk.paginate(alice.tasks.list, { limit: 2 })) {
        tasks.push({ title, isDated: createdAt instanceof Date });
      }
      const pages = [];
      for await (const items of sdk.paginate(alice.tasks.list, { limit: 2 }).pages()) pages.push(items.length);
      return { tasks, pages };
    });
  const whoAmI = (tab: Page) => tab.evaluate(async () => (await alice.users.me.query()).id);
  const listed = await list();
  expect(listed.tasks).toHaveLength(titles.length);
  expect(listed.tasks).toEqual(expect.arrayContaining(created));
  expect(listed.pages).toEqual([2, 2, 1]);

  await page.reload();
  expect(await whoAmI(page)).toBe(registered.id);
  expect(await list()).toEqual(listed);
  const secondTab = await openPage(context, site.origin, server.url);
  expect(await whoAmI(secondTab.page)).toBe(registered.id);

  expect([...complaints, ...secondTab.complaints]).toEqual([]);
});

test('a page of an unlisted origin is refused', { timeout }, async () => {
  await using site = await servePage();
  await using strangeSite = await servePage();
  await using store = await createTestStore();
  await using server = await startServer({ ...store, env: { CORS_ORIGINS: site.origin } });
  await using browser = await launchBrowser();
  const { page, complaints } = await openPage(await browser.newContext(), strangeSite.origin, server.url);
  const person = newPerson();

  const refused = await page.evaluate(async (input) => {
    const error = await alice.auth.register.mutate(input).catch((reason: unknown) => reason);
    return sdk.isAliceError(error) ? { name: error.name, code: error.code } : { name: 'none', code: 'none' };
  }, person);
  expect(refused).toEqual({ name: 'AliceError', code: 'NETWORK' });

  const corsRefusal = `from origin '${strangeSite.origin}' has been blocked by CORS policy`;
  // The call itself, and the three more attempts of one that is safe to repeat.
  expect(complaints.filter((text) => text.includes(corsRefusal))).toHaveLength(4);
  const unexpected = complaints.filter((text) => !text.includes(corsRefusal) && !text.includes('net::ERR_FAILED'));
  expect(unexpected).toEqual([]);

  // The browser asked first: what it was refused was never done.
  const { email, password } = person;
  const login = await call(server.url, 'auth.login', { email, password }).catch((error: unknown) => error);
  expect(login).toBeInstanceOf(CallError);
  expect(login).toMatchObject({ status: 401 });
});

const newPerson = () => ({
  email: `${randomUUID()}@example.test`,
  password: `correct horse ${randomUUID()}`,
  name: 'Ada',
});

interface Site extends AsyncDisposable {
  readonly origin: string;
}

/** Serves a page with the SDK on an origin of its own. */
async function servePage(): Promise<Site> {
  const bundle = await build({
    stdin: { contents: script, resolveDir: import.meta.dirname },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
  });
  const code = bundle.outputFiles[0]?.text ?? '';
  // The icon is there so that no browser asks for one.
  const html =
    '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
  const server = createServer((request, response) => {
    const [type, body] = request.url === '/page.js' ? ['text/javascript', code] : ['text/html', html];
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the page has no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Opens the page, and collects the errors of its console and those that nobody caught. */
async function openPage(
  context: BrowserContext,
  origin: string,
  server: string,
): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`${origin}/?server=${encodeURIComponent(server)}`);
  return { page, complaints };
}
