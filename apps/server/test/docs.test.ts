import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startServer } from './harness/child-server.ts';
import { launchBrowser } from './harness/launch-browser.ts';
import { createTestStore } from './harness/test-store.ts';

// Unpacking the browser takes a while, once for each machine.
const timeout = 120_000;

test('the API reference works without internet access, and can send requests', { timeout }, async () => {
  await using store = await createTestStore();
  await using server = await startServer(store);
  await using browser = await launchBrowser();
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const strangers: string[] = [];
  await context.route(
    (url) => url.origin !== server.url,
    (route) => {
      strangers.push(route.request().url());
      return route.abort();
    },
  );
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));

  await page.goto(server.url);
  expect(page.url()).toBe(`${server.url}/docs`);
  expect(await page.title()).toBe('ALICE API');

  const health = await tryCall(page, 'health.check');
  expect(health).toMatchObject({ status: '200', body: { status: 'healthy', services: { db: 'ok' } } });
  const screenshot = join(tmpdir(), 'alice-docs.png');
  await page.locator('.opblock.is-open').evaluate((block) => block.scrollIntoView());
  await page.screenshot({ path: screenshot });
  console.log(`screenshot: ${screenshot}`);

  const list = () => tryCall(page, 'tasks.list');
  expect(await list()).toMatchObject({ status: '401', body: { code: 'UNAUTHENTICATED' } });
  // An expected refusal, which browsers tell their console of, too.
  expect(complaints.splice(0).filter((text) => !text.includes('status of 401'))).toEqual([]);

  const email = `${randomUUID()}@example.test`;
  const person = { email, password: 'correct horse battery staple', name: 'Ada' };
  expect(await tryCall(page, 'auth.register', person)).toMatchObject({
    status: '201',
    body: { data: { user: { email } } },
  });
  expect(await tryCall(page, 'tasks.create')).toMatchObject({
    status: '201',
    body: { data: { title: 'Pay the rent' } },
  });
  expect(await list()).toMatchObject({ status: '200', body: { data: [{ title: 'Pay the rent' }], nextCursor: null } });

  // Whoever signs in on the page is signed in as long as it is open, and no longer.
  await page.reload();
  expect(await list()).toMatchObject({ status: '401' });
  expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0);
  expect(await context.cookies()).toEqual([]);

  expect(strangers).toEqual([]);
  expect(complaints.filter((text) => !text.includes('status of 401'))).toEqual([]);
});

/** Opens an operation from the list, sends what the page proposes (or `body`), and reads the reply that it shows. */
async function tryCall(page: Page, operationId: string, body?: object): Promise<{ status: string; body: unknown }> {
  await page.locator(`.contents a[href$="/${operationId}"]`).click();
  const block = page.locator(`[id^="operations-"][id$="-${operationId.replace('.', '\\\\.')}"]`);
  if (body !== undefined) await block.locator('.body-param__text').fill(JSON.stringify(body));
  const called = page.waitForResponse((response) => response.url().includes('/api/v1/'));
  await block.getByRole('button', { name: 'Execute' }).click();
  const status = String((await called).status());
  const reply = block.locator('.live-responses-table .response', { has: page.getByText(status, { exact: true }) });
  const shown = reply.locator('.response-col_description pre').first();
  return { status, body: JSON.parse((await shown.textContent()) ?? '') };
}
