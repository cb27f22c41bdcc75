import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { CallError, call, type Person, register } from '../harness/call.ts';
import { type ChildServer, startServer } from '../harness/child-server.ts';
import { testDatabaseUrl, testRedisUrl } from '../harness/env.ts';
import { createTestStore } from '../harness/test-store.ts';

const timeout = 120_000;
const pollMs = 50;
/** From the reply to the call that revokes. */
const promisedMs = 1000;
const administrator = 'boss@example.test';
/** Nobody listens there. */
const deadRedis = 'redis://127.0.0.1:1';

const settings = [
  ['without Redis', undefined],
  ['with Redis', testRedisUrl() ?? undefined],
  ['with Redis stopped', deadRedis],
] as const;

for (const [name, redisUrl] of settings) {
  if (name === 'with Redis' && redisUrl === undefined) continue;
  test(`revocation takes effect within a second on every process, ${name}`, { timeout }, async () => {
    await using store = await createTestStore();
    const options = { ...store, redisUrl, env: { ADMIN_EMAILS: administrator } };
    await using here = await startServer(options);
    // An embedded database belongs to one process.
    await using another = testDatabaseUrl() === null ? null : await startServer(options);
    const there = another ?? here;
    const boss = await makeAdministrator(here, store.dataDir);

    const times: Record<string, number> = {};
    for (const [what, revoke] of Object.entries(revocations)) {
      const { token, code, path = 'users.me', act } = await revoke(here, boss);
      // It has been used on the other process, which remembers it.
      await call(there.url, path, path === 'users.list' ? {} : undefined, token);
      await act();
      const since = performance.now();
      times[what] = await refusedAfter(there, path, token, code, since);
    }
    console.log(`${name}: ${another === null ? 'one process' : 'seen on the other process'} after`, times, 'ms');
    expect(Math.max(...Object.values(times))).toBeLessThan(promisedMs);
    expect(await boss.api('users.me')).toMatchObject({ role: 'admin' });
  });
}

interface Revocation {
  /** What is revoked. */
  readonly token: string;
  /** How it is refused from then on. */
  readonly code: string;
  /** What it is tried with: `users.me` unless told. */
  readonly path?: 'users.me' | 'users.list';
  /** Revokes it. */
  act(): Promise<unknown>;
}

type Boss = Awaited<ReturnType<typeof makeAdministrator>>;

const ended = { code: 'UNAUTHENTICATED' };

const revocations: Record<string, (server: ChildServer, boss: Boss) => Promise<Revocation>> = {
  async logout({ url }) {
    const { token } = await register(url);
    return { ...ended, token, act: () => call(url, 'auth.logout', undefined, token) };
  },
  async 'logout everywhere'({ url }) {
    const ada = await register(url);
    const token = await signInAgain(url, ada);
    return { ...ended, token, act: () => call(url, 'auth.logoutEverywhere', {}, ada.token) };
  },
  async 'revoking one session'({ url }) {
    const ada = await register(url);
    const token = await signInAgain(url, ada);
    const { items } = await call(url, 'auth.sessions', {}, token);
    const own = items.find(({ isCurrent }) => isCurrent)?.id ?? '';
    return { ...ended, token, act: () => call(url, 'auth.revokeSession', { id: own }, ada.token) };
  },
  async 'changing the password'({ url }) {
    const ada = await register(url);
    const token = await signInAgain(url, ada);
    const newPassword = `another ${ada.password}`;
    return { ...ended, token, act: () => call(url, 'auth.changePassword', { newPassword }, ada.token) };
  },
  async 'disabling the account'({ url }, boss) {
    const { token, id } = await register(url);
    return { ...ended, token, act: () => boss.api('users.disable', { id }) };
  },
  async 'changing the role'({ url }, boss) {
    const { token, id } = await register(url);
    await boss.api('users.changeRole', { id, role: 'admin' });
    const act = () => boss.api('users.changeRole', { id, role: 'user' });
    return { code: 'FORBIDDEN', path: 'users.list', token, act };
  },
  async 'revoking an API key'({ url }) {
    const ada = await register(url);
    const { key, apiKey } = await call(url, 'apiKeys.create', { name: 'tests', scopes: ['users:read'] }, ada.token);
    return { ...ended, token: key, act: () => call(url, 'apiKeys.revoke', { id: apiKey.id }, ada.token) };
  },
  async 'disabling the owner of an API key'({ url }, boss) {
    const ada = await register(url);
    const { key } = await call(url, 'apiKeys.create', { name: 'tests', scopes: ['users:read'] }, ada.token);
    return { ...ended, token: key, act: () => boss.api('users.disable', { id: ada.id }) };
  },
};

/** Milliseconds from `since` until the call is refused with `code`, asked every 50 ms. */
async function refusedAfter(
  { url }: ChildServer,
  path: 'users.me' | 'users.list',
  token: string,
  code: string,
  since: number,
): Promise<number> {
  for (;;) {
    const ms = Math.round(performance.now() - since);
    try {
      await call(url, path, path === 'users.list' ? {} : undefined, token);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      expect(error.body).toContain(code);
      return ms;
    }
    if (ms > 10 * promisedMs) throw new Error('it is not refused');
    await sleep(pollMs);
  }
}

async function signInAgain(url: string, { email, password }: Person): Promise<string> {
  const { tokens } = await call(url, 'auth.login', { email, password });
  return tokens.accessToken;
}

/** Signs up with an address that is to be an administrator's, and shows that it is theirs. */
async function makeAdministrator({ url }: ChildServer, dataDir: string) {
  const { email, password } = await register(url, administrator);
  await call(url, 'auth.requestPasswordReset', { email });
  const newPassword = `another ${password}`;
  await call(url, 'auth.resetPassword', { token: await mailedToken(dataDir, 'reset-password', email), newPassword });
  const { tokens } = await call(url, 'auth.login', { email, password: newPassword });
  const token = tokens.accessToken;
  const api: <P extends Parameters<typeof call>[1]>(
    path: P,
    input?: Parameters<typeof call<P>>[2],
  ) => ReturnType<typeof call<P>> = (path, input) => call(url, path, input as never, token);
  return { token, api };
}

/** The token in the mail that a server without a mail server wrote into its data directory. */
async function mailedToken(dataDir: string, kind: string, to: string): Promise<string> {
  const directory = join(dataDir, 'mail');
  for (let attempt = 0; attempt < 200; attempt += 1) {
    for (const name of await readdir(directory).catch(() => [])) {
      if (!name.includes(kind) || !name.endsWith('.eml')) continue;
      const mail = await readFile(join(directory, name), 'utf8');
      const token = /#token=(?:3D)?([\w-]{80,})/.exec(mail.replaceAll(/=\r?\n/g, ''))?.[1];
      if (mail.includes(to) && token !== undefined) return token;
    }
    await sleep(pollMs);
  }
  throw new Error(`no mail to ${to} came`);
}
