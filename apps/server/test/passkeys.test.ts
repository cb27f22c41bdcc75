import { once } from 'node:events';
import { createServer } from 'node:http';
import { codeAt } from '@alice/api/testing';
import { build } from 'esbuild';
import type { CDPSession, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { CallError, call, type Input, type Person, register } from './harness/call.ts';
import { startServer } from './harness/child-server.ts';
import { launchBrowser } from './harness/launch-browser.ts';
import { createTestStore } from './harness/test-store.ts';

// Unpacking the browser takes a while, once for each machine.
const timeout = 120_000;

/** What the page's script leaves for `evaluate`, whose functions run in the page and see nothing of this file. */
declare global {
  var webauthn: typeof import('@simplewebauthn/browser');
}

type Made = Input<'passkeys.register'>['response'];
type Answer = Input<'passkeys.signIn'>['response'];

test('a browser adds a passkey and signs in with it, alone and as a second factor; copies and other sites are refused', {
  timeout,
}, async () => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  await using store = await createTestStore();
  await using server = await startServer({ ...store, env: { PORT: String(port), PUBLIC_URL: origin } });
  await using elsewhere = await servePage();
  await using browser = await launchBrowser();
  const context = await browser.newContext();
  const page = await openPage(await context.newPage(), `${origin}/docs`);
  const cdp = await context.newCDPSession(page);
  const device = await plugIn(cdp);
  const { url } = server;

  // An authenticator app: from then on the password is not enough.
  const person = await register(url);
  const { secret } = await call(url, 'totp.enroll', undefined, person.token);
  const { recoveryCodes } = await call(url, 'totp.confirm', { code: codeAt(secret, new Date()) }, person.token);
  expect(recoveryCodes).toHaveLength(10);
  expect(await ticketFor(url, person)).toMatchObject({ methods: ['totp', 'recoveryCode'] });
  const { ticket } = await ticketFor(url, person);
  // That of the next step, since the app's first code is used up.
  const code = codeAt(secret, new Date(Date.now() + 30_000));
  const withCode = await call(url, 'secondFactor.signIn', { ticket, code });
  expect(withCode.user.id).toBe(person.id);

  const token = withCode.tokens.accessToken;
  const made = await create(page, await call(url, 'passkeys.registrationOptions', undefined, token));
  const { passkey } = await call(url, 'passkeys.register', { name: 'This browser', response: made }, token);
  expect(passkey).toMatchObject({ name: 'This browser', lastUsedAt: null });
  // The device knows that it is registered already.
  const again = create(page, await call(url, 'passkeys.registrationOptions', undefined, token));
  await expect(again).rejects.toThrow(/previously registered|InvalidState/);

  const ask = () => call(url, 'passkeys.signInOptions', undefined);
  const signIn = (response: Answer) => call(url, 'passkeys.signIn', { response });
  const alone = await signIn(await get(page, await ask()));
  expect(alone.user.id).toBe(person.id);
  expect((await call(url, 'users.me', undefined, alone.tokens.accessToken)).id).toBe(person.id);

  const second = await ticketFor(url, person);
  expect(second.methods).toEqual(['totp', 'passkey', 'recoveryCode']);
  const shown = { ticket: second.ticket, passkey: await get(page, await ask()) };
  expect((await call(url, 'secondFactor.signIn', shown)).user.id).toBe(person.id);
  const confirmed = await get(page, await call(url, 'passkeys.confirmOptions', undefined, token));
  expect(await call(url, 'passkeys.confirm', { response: confirmed }, token)).toEqual({ ok: true });

  // Localhost is one host to WebAuthn, whatever the port; the answer says which page it came from.
  const stranger = await openPage(await context.newPage(), elsewhere.origin);
  const strangersCdp = await context.newCDPSession(stranger);
  const [credential] = await credentialsOf(cdp, device);
  if (credential === undefined) throw new Error('the device has no passkey');
  await plugIn(strangersCdp, credential);
  const foreign = await get(stranger, await ask());
  expect(originOf(foreign)).toBe(elsewhere.origin);
  await expect(signIn(foreign)).rejects.toMatchObject({ status: 401 });

  // The same key, with the count of signatures that it had when it was copied.
  const genuine = await get(page, await ask());
  expect((await signIn(genuine)).user.id).toBe(person.id);
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: device });
  await plugIn(cdp, { ...credential, signCount: 1 });
  const copied = await get(page, await ask());
  expect(copied.id).toBe(genuine.id);
  await expect(signIn(copied)).rejects.toMatchObject({ status: 401 });

  await server.kill('SIGTERM');
  await using db = await store.open();
  const lines = await db.prisma.activity.findMany({ where: { userId: person.id }, orderBy: { number: 'asc' } });
  expect(lines.map(({ entity, action }) => `${entity} ${action}`)).toEqual([
    'user create',
    'list create',
    'session register',
    'totp enroll',
    'totp confirm',
    'session login',
    'passkey register',
    'session login',
    'session login',
    'session confirm',
    'session login',
    'passkey passkey_cloned',
  ]);
});

interface Required {
  readonly ticket: string;
  readonly methods: readonly string[];
}

/** Signs in with the password, and gives what is asked for beside it. */
async function ticketFor(url: string, { email, password }: Person): Promise<Required> {
  const error = await call(url, 'auth.login', { email, password }).catch((reason: unknown) => reason);
  if (!(error instanceof CallError)) throw new Error('the password was enough');
  const { data } = JSON.parse(error.body).error;
  expect(data).toMatchObject({ code: 'SECOND_FACTOR_REQUIRED', httpStatus: 401 });
  return data.details;
}

function create(page: Page, optionsJSON: object): Promise<Made> {
  return page.evaluate(
    (options) => webauthn.startRegistration({ optionsJSON: options as never }) as Promise<unknown> as Promise<never>,
    optionsJSON,
  );
}

function get(page: Page, optionsJSON: object): Promise<Answer> {
  return page.evaluate(
    (options) => webauthn.startAuthentication({ optionsJSON: options as never }) as Promise<unknown> as Promise<never>,
    optionsJSON,
  );
}

function originOf({ response }: Answer): unknown {
  return JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString()).origin;
}

type Credential = Awaited<ReturnType<typeof credentialsOf>>[number];

async function credentialsOf(cdp: CDPSession, authenticatorId: string) {
  return (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
}

/** Gives the browser a device that verifies its person by itself, with a passkey or none. */
async function plugIn(cdp: CDPSession, credential?: Credential): Promise<string> {
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  if (credential !== undefined) await cdp.send('WebAuthn.addCredential', { authenticatorId, credential });
  return authenticatorId;
}

async function openPage(page: Page, url: string): Promise<Page> {
  await page.goto(url);
  const contents = "import * as webauthn from '@simplewebauthn/browser'; globalThis.webauthn = webauthn;";
  const bundle = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    format: 'iife',
    platform: 'browser',
    write: false,
  });
  // As code of the browser's tools: a page's policy lets in no script of ours.
  await page.evaluate(bundle.outputFiles[0]?.text ?? '');
  return page;
}

/** A port that was free a moment ago: the server's own address must be known before it starts. */
async function freePort(): Promise<number> {
  await using server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return portOf(server);
}

/** An empty page on another port of the same host. */
async function servePage(): Promise<{ readonly origin: string } & AsyncDisposable> {
  const html = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">';
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://localhost:${portOf(server)}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
