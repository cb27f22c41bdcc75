import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AliceClient } from '@alice/client';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ChildServer, startServer } from './harness/child-server.ts';
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
  const url = new URLSearchParams(location.search).get('server') ?? '';
  globalThis.sdk = sdk;
  globalThis.alice = sdk.createAliceClient({ url, session: 'cookie', retries: 0 });
`;
const html =
  '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';

let code = '';
let store: Awaited<ReturnType<typeof createTestStore>>;
let server: ChildServer;
let browser: Awaited<ReturnType<typeof launchBrowser>>;
/** A page that CORS_ORIGINS names, one of the same site that it does not name, and one of another site. */
let listed: Site;
let sibling: Site;
let stranger: Site;

beforeAll(async () => {
  const bundle = await build({
    stdin: { contents: script, resolveDir: import.meta.dirname },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
  });
  code = bundle.outputFiles[0]?.text ?? '';
  // Ports are no part of a site, so cookies go along between these; `localhost` is another one than `127.0.0.1`.
  [listed, sibling, stranger] = await Promise.all([
    serveSite('127.0.0.1'),
    serveSite('127.0.0.1'),
    serveSite('localhost'),
  ]);
  store = await createTestStore();
  server = await startServer({ ...store, env: { CORS_ORIGINS: listed.origin } });
  browser = await launchBrowser();
}, timeout);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
  await store?.[Symbol.asyncDispose]();
  for (const site of [listed, sibling, stranger]) await site?.[Symbol.asyncDispose]();
});

const newPerson = () => ({
  email: `${randomUUID()}@example.test`,
  password: `correct horse ${randomUUID()}`,
  name: 'Ada',
});
const refreshPath = '/trpc/auth.refresh';

/**
 * Serves the page with the SDK from the server's own origin. As long as it does, the browser's tool answers preflight
 * requests itself: what is to meet the server's own answers comes before or after.
 */
async function serveOwnPage(context: BrowserContext): Promise<void> {
  await context.route(`${server.url}/page`, (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await context.route(`${server.url}/page.js`, (route) =>
    route.fulfill({ contentType: 'text/javascript', body: code }),
  );
}

async function openOwn(context: BrowserContext): Promise<Page> {
  await serveOwnPage(context);
  const page = await context.newPage();
  await page.goto(`${server.url}/page`);
  return page;
}

async function openListed(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${listed.origin}/?server=${encodeURIComponent(server.url)}`);
  return page;
}

const register = (page: Page, person = newPerson()) =>
  page.evaluate(async (input) => {
    const { user, tokens } = await alice.auth.register.mutate(input);
    return { id: user.id, refreshToken: tokens.refreshToken };
  }, person);
const whoAmI = (page: Page) =>
  page.evaluate(() =>
    alice.users.me.query().then(
      ({ id }) => id,
      (error: unknown) => (sdk.isAliceError(error) ? error.code : String(error)),
    ),
  );
/** The refresh token in the browser's jar. */
async function cookieOf(context: BrowserContext): Promise<string | undefined> {
  const cookies = await context.cookies(`${server.url}${refreshPath}`);
  return cookies.find(({ name }) => name === 'alice_refresh')?.value;
}
/** How requests to the refresh routes were answered since `from` lines of the log, once there are `least`. */
function answersSince(from: number, least: number): Promise<number[]> {
  const isRefresh = (path: unknown) => path === refreshPath || path === '/api/v1/auth/refresh';
  return vi.waitFor(
    () => {
      const lines = server.logs.slice(from).filter(({ path, method }) => isRefresh(path) && method !== 'OPTIONS');
      expect(lines.length).toBeGreaterThanOrEqual(least);
      return lines.map(({ status }) => Number(status));
    },
    { timeout: 10_000 },
  );
}

describe.each([
  ['of the server itself', openOwn],
  ['of a listed origin', openListed],
])('a page %s', (_, open) => {
  test('stays signed in after a reload and in other tabs, and no script can read the refresh token', {
    timeout,
  }, async () => {
    const context = await browser.newContext();
    const page = await open(context);
    expect(await whoAmI(page)).toBe('UNAUTHENTICATED');
    const { id, refreshToken } = await register(page);
    expect(refreshToken).toBeNull();
    const first = await cookieOf(context);
    expect(first).toMatch(/^eyJ/);
    expect(await page.evaluate('document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })')).toBe('{}');

    await page.reload();
    expect(await whoAmI(page)).toBe(id);
    const second = await cookieOf(context);
    expect(second).not.toBe(first);
    const tabs = await Promise.all([open(context), open(context)]);
    expect(await Promise.all([...tabs, page].map(whoAmI))).toEqual([id, id, id]);

    await page.evaluate(() => alice.auth.logout.mutate());
    expect(await cookieOf(context)).toBeUndefined();
    expect(await Promise.all([...tabs, page].map(whoAmI))).toEqual(Array(3).fill('UNAUTHENTICATED'));
    await page.reload();
    expect(await whoAmI(page)).toBe('UNAUTHENTICATED');
    await context.close();
  });
});

test('the refresh token cookie is sent only to the refresh route', { timeout }, async () => {
  const context = await browser.newContext();
  const page = await openOwn(context);
  const carrying: string[] = [];
  page.on('request', async (request) => {
    const { cookie } = await request.allHeaders();
    if (cookie?.includes('alice_refresh=')) carrying.push(new URL(request.url()).pathname);
  });
  await register(page);
  await page.reload();
  await whoAmI(page);
  await page.evaluate(() => alice.tasks.create.mutate({ title: 'a' }));
  await page.evaluate(() => alice.auth.logout.mutate());
  await page.goto(`${server.url}/api/v1/health`);
  expect(new Set(carrying)).toEqual(new Set([refreshPath]));
  const cookies = await context.cookies(`${server.url}${refreshPath}`);
  expect(cookies).toEqual([]);
  await context.close();
});

/** What a page may send anywhere without being allowed to, and what it may try beyond: scripts that know the `url`. */
const attacks: Readonly<Record<string, string>> = {
  'a form': "await submit(url, 'application/x-www-form-urlencoded')",
  'a form with files': "await submit(url, 'multipart/form-data')",
  'a form in plain text': "await submit(url, 'text/plain')",
  'a fetch without CORS':
    "await fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' }).catch(() => {})",
  'a fetch without CORS and without a body':
    "await fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include' }).catch(() => {})",
  'a fetch with CORS': "await fetch(url, { method: 'POST', credentials: 'include', body: '{}' }).catch(() => {})",
  'a fetch as the SDK sends it': `
    const headers = { 'content-type': 'application/json', 'x-alice-session': 'cookie' };
    await fetch(url, { method: 'POST', credentials: 'include', headers, body: '{}' }).catch(() => {})`,
  'a beacon': "navigator.sendBeacon(url, '{}')",
  'an image': `
    const image = new Image();
    image.src = url;
    await until(image, 'error')`,
  'a frame': `
    const frame = document.createElement('iframe');
    frame.src = url;
    document.body.append(frame);
    await until(frame, 'load')`,
};

const helpers = `
  // What a browser refuses may never tell.
  const until = (target, event) => new Promise((resolve) => {
    target.addEventListener(event, resolve);
    setTimeout(resolve, 2000);
  });
  async function submit(url, enctype) {
    const frame = document.createElement('iframe');
    frame.name = 'target ' + document.forms.length;
    const form = document.createElement('form');
    Object.assign(form, { action: url, method: 'post', enctype, target: frame.name });
    form.append(Object.assign(document.createElement('input'), { name: '{"a":"', value: '"}' }));
    document.body.append(frame, form);
    form.submit();
    await until(frame, 'load');
  }`;

test.each(['a sibling on the same site', 'a stranger on another site'])(
  '%s cannot use or change a session',
  { timeout },
  async (who) => {
    const context = await browser.newContext();
    const page = await openOwn(context);
    const { id } = await register(page);
    // One cookie for each transport: as if the page used both.
    await page.evaluate(async (input) => {
      const headers = { 'content-type': 'application/json', 'x-alice-session': 'cookie' };
      await fetch('/api/v1/auth/register', { method: 'POST', headers, body: JSON.stringify(input) });
    }, newPerson());
    await context.unrouteAll();
    const evil = await context.newPage();
    await evil.goto(`${(who.startsWith('a sibling') ? sibling : stranger).origin}/evil`);
    const before = await cookieOf(context);
    const from = server.logs.length;
    for (const [name, attack] of Object.entries(attacks)) {
      for (const path of [refreshPath, '/api/v1/auth/refresh']) {
        const call = `(async (url) => { ${helpers}; ${attack}; })(${JSON.stringify(server.url + path)})`;
        await evil.evaluate(call).catch((error: unknown) => {
          throw new Error(`${name} failed for a reason of the test's own`, { cause: error });
        });
      }
    }
    // What needs a preflight is not even sent; all else arrives, and is refused for what it is.
    const answers = await answersSince(from, 2 * (Object.keys(attacks).length - 1));
    expect(answers.filter((status) => status < 400)).toEqual([]);
    // To a sibling the browser lends the cookie, and the server refuses it (403); from a stranger it keeps it.
    expect(answers.includes(403)).toBe(who.startsWith('a sibling'));
    expect(await cookieOf(context)).toBe(before);
    await serveOwnPage(context);
    await page.reload();
    expect(await whoAmI(page)).toBe(id);
    await context.close();
  },
);

test('accepts the cookie only with our own origin when it is sent by hand', { timeout }, async () => {
  const context = await browser.newContext();
  await register(await openOwn(context));
  const cookies = await context.cookies(`${server.url}${refreshPath}`);
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const send = async (headers: Record<string, string>) => {
    const init = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json', cookie, ...headers } };
    return (await fetch(`${server.url}${refreshPath}`, init)).status;
  };
  const asked = { 'x-alice-session': 'cookie' };
  expect(await send({ ...asked, origin: 'https://evil.test' })).toBe(403);
  expect(await send({ ...asked, origin: sibling.origin })).toBe(403);
  expect(await send({ ...asked, origin: 'null' })).toBe(403);
  expect(await send({ origin: server.url })).toBe(403);
  expect(await send({ ...asked, origin: server.url })).toBe(200);
  expect(await send({ ...asked, origin: listed.origin })).toBe(200);
  await context.close();
});

interface Site extends AsyncDisposable {
  readonly origin: string;
}

/** Serves the page with the SDK, and an empty one at `/evil`, on an origin of its own. */
async function serveSite(host: string): Promise<Site> {
  const site = createServer((request, response) => {
    const path = request.url ?? '/';
    const body =
      path === '/page.js' ? code : path === '/evil' ? '<!doctype html><link rel="icon" href="data:,"><body>' : html;
    response.writeHead(200, { 'content-type': path === '/page.js' ? 'text/javascript' : 'text/html' }).end(body);
  }).listen(0, host);
  await once(site, 'listening');
  const address = site.address();
  if (address === null || typeof address === 'string') throw new Error('the page has no port');
  return {
    origin: `http://${host}:${address.port}`,
    async [Symbol.asyncDispose]() {
      site.closeAllConnections();
      await site[Symbol.asyncDispose]();
    },
  };
}
