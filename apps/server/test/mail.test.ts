import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { simpleParser } from 'mailparser';
import { test } from 'vitest';
import { register } from './harness/call.ts';
import { startServer } from './harness/child-server.ts';
import { mailFiles } from './harness/mail-files.ts';
import { startMailServer } from './harness/mail-server.ts';
import { createTestStore } from './harness/test-store.ts';

const timeout = 120_000;
const publicUrl = 'https://alice.example.com';
const link = /https:\/\/alice\.example\.com\/account\/verify-email#token=([\w-]+)/;

// They mostly wait, so they do it beside each other.
test.concurrent('without MAIL_URL, registration writes the email to the data directory', { timeout }, async ({
  expect,
}) => {
  await using store = await createTestStore();
  await using server = await startServer({ ...store, env: { PUBLIC_URL: publicUrl } });
  const { email } = await register(server.url);
  await expect.poll(() => mailFiles(store), { timeout: 20_000 }).toHaveLength(1);
  const [file = ''] = await mailFiles(store);
  expect(file).toMatch(/-verify-email-[0-9a-f]{12}\.eml$/);
  const mail = await simpleParser(await readFile(file));
  expect(mail.to).toMatchObject({ value: [{ address: email }] });
  expect(mail.from?.value).toEqual([{ name: 'ALICE', address: 'alice@alice.example.com' }]);
  const token = link.exec(mail.text ?? '')?.[1] ?? '';
  expect(token).not.toBe('');
  expect(mail.html).toContain(`href="${publicUrl}/account/verify-email#token=${token}"`);
  await expect.poll(() => server.logs.filter((line) => line['file'] === file), { timeout: 10_000 }).toHaveLength(1);

  expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });
  // The token is in the mail alone: neither in the log nor, in the clear, in the database.
  expect(server.output.join('\n')).not.toContain(token);
  await using database = await store.open();
  const rows = await database.query<{ row: string }>({ text: 'SELECT j::text AS row FROM pgboss.job j' }, []);
  expect(rows.length).toBeGreaterThan(0);
  for (const { row } of rows) for (const secret of [token, email]) expect(row).not.toContain(secret);
});

test.concurrent('with MAIL_URL the email is sent once, with both parts', { timeout }, async ({ expect }) => {
  await using store = await createTestStore();
  await using mails = await startMailServer();
  const env = { PUBLIC_URL: publicUrl, MAIL_URL: mails.url, MAIL_FROM: 'Our ALICE <hello@example.com>' };
  await using server = await startServer({ ...store, env });
  const { email } = await register(server.url);
  await expect.poll(() => mails.received.length, { timeout: 20_000 }).toBe(1);
  const [mail] = mails.received;
  expect(mail?.recipients).toEqual([email]);
  expect(mail?.parsed.from?.value).toEqual([{ name: 'Our ALICE', address: 'hello@example.com' }]);
  expect(mail?.parsed.text).toMatch(link);
  expect(mail?.parsed.html).toMatch(link);
  await sleep(1000);
  expect(mails.received).toHaveLength(1);
  expect(await mailFiles(store)).toEqual([]);
});

test.concurrent('a mail server that is down at first gets the email once when it is up', { timeout }, async ({
  expect,
}) => {
  await using store = await createTestStore();
  const port = await freePort();
  await using server = await startServer({ ...store, env: { MAIL_URL: `smtp://127.0.0.1:${port}` } });
  const { email } = await register(server.url);
  await expect
    .poll(() => server.logs.filter((line) => line['job'] === 'mail' && line['level'] === 'warn'), { timeout: 20_000 })
    .toHaveLength(1);
  await using mails = await startMailServer({ port });
  await expect.poll(() => mails.received.map(({ recipients }) => recipients), { timeout: 60_000 }).toEqual([[email]]);
  await sleep(1000);
  expect(mails.received).toHaveLength(1);
});

test.concurrent('F13: the email of a process that was killed while sending is sent by another within 60 s', {
  timeout,
}, async ({ expect }) => {
  await using store = await createTestStore();
  // Takes the connection and says nothing: the first process hangs in its mail until it is killed.
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const connected = new Promise((resolve) => silent.once('connection', resolve));
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const first = await startServer({ ...store, env: { MAIL_URL: `smtp://127.0.0.1:${port}` } });
  const { email } = await register(first.url);
  await connected;
  await first.kill('SIGKILL');
  const killedAt = performance.now();
  silent.close();

  await using mails = await startMailServer();
  await using _second = await startServer({ ...store, env: { MAIL_URL: mails.url } });
  await expect.poll(() => mails.received.map(({ recipients }) => recipients), { timeout: 70_000 }).toEqual([[email]]);
  const seconds = (performance.now() - killedAt) / 1000;
  console.log(`the mail of a killed process was taken again after ${seconds.toFixed(1)} s`);
  expect(seconds).toBeLessThan(60);
});

async function freePort(): Promise<number> {
  const server = await startMailServer();
  await server[Symbol.asyncDispose]();
  return server.port;
}
