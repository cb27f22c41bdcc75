import { randomUUID } from 'node:crypto';
import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { createGuessLimiter } from '../../platform/rate-limits/guesses.ts';
import {
  callAs,
  recordedJobs,
  signUp,
  signUpVerified,
  type TestClock,
  testClock,
  testDeps,
  testPassword,
} from '../../testing/index.ts';
import { sendPasswordReset } from './send-password-reset.ts';

let base: Deps;
let deps: Deps;
let clock: TestClock;
let jobs: ReturnType<typeof recordedJobs>;

beforeAll(async () => {
  clock = testClock();
  base = await testDeps(await testDatabase(), { clock });
});
beforeEach(() => {
  jobs = recordedJobs();
  deps = { ...base, jobs };
});
afterAll(() => base.db.close());

const anyone = () => callAs(deps, null);
const another = 'another horse, another staple';
const code = (expected: string) => ({ cause: { code: expected } });
const login = (email: string, password: string) => anyone().auth.login({ email, password });
const kindsTo = (email: string) => jobs.mailsTo(email).map(({ kind }) => kind);
const fail = () => Promise.reject(new Error('nothing was to be hashed'));
/** The actions of a person's history, without the creation of the Inbox. */
const actions = async (userId: string) =>
  (
    await deps.db.prisma.activity.findMany({ where: { userId, entity: { not: 'list' } }, orderBy: { number: 'asc' } })
  ).map(({ action }) => action);

/** Asks for the mail, does the job that sends it, and gives its token; null where no mail went out. */
async function forget(email: string): Promise<string> {
  const before = jobs.sent.length;
  await anyone().auth.requestPasswordReset({ email });
  for (const { name, data } of jobs.sent.slice(before))
    if (name === 'password-reset' && 'email' in data) await sendPasswordReset({ deps }, data);
  const mail = jobs.mailsTo(email).at(-1);
  return mail?.kind === 'reset-password' ? mail.token : '';
}

async function addCredentials(userId: string) {
  const { prisma } = deps.db;
  const now = clock.now();
  const times = { createdAt: now, updatedAt: now };
  const row = { userId, name: 'x', ...times };
  const expiresAt = new Date(now.getTime() + 86_400_000);
  await prisma.apiKey.create({
    data: { ...row, id: uuidv7(), hash: Buffer.from('h'), hint: 'abcd', scopes: [], expiresAt },
  });
  const key = { credentialId: randomUUID(), publicKey: Buffer.from('p'), transports: [], backedUp: false };
  await prisma.passkey.create({ data: { ...row, ...key, id: uuidv7() } });
  await prisma.totp.create({ data: { userId, id: uuidv7(), sealedSecret: 's', confirmedAt: now, ...times } });
  await prisma.recoveryCode.create({ data: { userId, id: uuidv7(), hash: Buffer.from(randomUUID()), createdAt: now } });
}

async function liveCredentials(userId: string): Promise<number[]> {
  const { prisma } = deps.db;
  const where = { userId, endedAt: null };
  return Promise.all([
    prisma.apiKey.count({ where }),
    prisma.passkey.count({ where }),
    prisma.totp.count({ where }),
    prisma.recoveryCode.count({ where: { userId } }),
  ]);
}

describe('a password change', () => {
  it('ends all other sessions, invalidates reset links, and is notified by email', async () => {
    const { api, email, user } = await signUpVerified(deps);
    const other = await login(email, testPassword);
    const token = await forget(email);
    expect(await api.auth.changePassword({ newPassword: another })).toEqual({ ok: true });
    expect((await api.users.me()).id).toBe(user.id);
    await expect(callAs(deps, other.tokens.accessToken).users.me()).rejects.toMatchObject(code('UNAUTHENTICATED'));
    await expect(anyone().auth.resetPassword({ token, newPassword: testPassword })).rejects.toMatchObject(
      code('INVALID_TOKEN'),
    );
    await expect(login(email, testPassword)).rejects.toMatchObject(code('INVALID_CREDENTIALS'));
    expect((await login(email, another)).user.id).toBe(user.id);
    expect(kindsTo(email)).toEqual(['verify-email', 'reset-password', 'password-changed']);
    expect(await actions(user.id)).toEqual(['create', 'register', 'login', 'change_password', 'password', 'login']);
    const [line] = await deps.db.prisma.activity.findMany({ where: { userId: user.id, action: 'change_password' } });
    expect([line?.before, line?.after]).toEqual([{ version: 1 }, { version: 2 }]);
  });

  it('requires recent authentication and a strong password: 8 code points are enough with a second factor', async () => {
    const { api, user } = await signUp(deps);
    const change = (newPassword: string) => api.auth.changePassword({ newPassword });
    const short = 'gr\u00fcn-7qx';
    for (const [newPassword, message] of [
      [short, 'must be at least 15 characters long'],
      ['passwordpassword', 'is too common: choose another one'],
    ] as const)
      await expect(change(newPassword)).rejects.toMatchObject({
        cause: { errors: [{ path: 'newPassword', message }] },
      });
    await addCredentials(user.id);
    await change(short);
    const row = () => deps.db.prisma.user.findUniqueOrThrow({ where: { id: user.id } });
    expect((await row()).passwordStandsAlone).toBe(false);
    await change(another);
    expect((await row()).passwordStandsAlone).toBe(true);
    clock.advance({ minutes: 6 });
    await expect(change(testPassword)).rejects.toMatchObject(code('FRESH_SIGN_IN_REQUIRED'));
  });

  it('runs once for its idempotency key', async () => {
    const { email, tokens, user } = await signUpVerified(deps);
    const keyed = () => callAs(deps, tokens.accessToken, 'k').auth.changePassword({ newPassword: another });
    for (const _ of [1, 2]) expect(await keyed()).toEqual({ ok: true });
    expect(kindsTo(email)).toEqual(['verify-email', 'password-changed']);
    expect(await actions(user.id)).toEqual(['create', 'register', 'change_password']);
  });

  it('leaves no session to a sign-in with the old password during the change', async () => {
    const { email, api, user } = await signUp(deps);
    const { passwords } = deps;
    const verify: typeof passwords.verify = async (hashed, password) => {
      const isRight = await passwords.verify(hashed, password);
      if (password === testPassword && isRight) await api.auth.changePassword({ newPassword: another });
      return isRight;
    };
    const slow = callAs({ ...deps, passwords: { ...passwords, verify } }, null);
    await expect(slow.auth.login({ email, password: testPassword })).rejects.toMatchObject(code('INVALID_CREDENTIALS'));
    const live = await deps.db.prisma.session.count({ where: { userId: user.id, endedAt: null } });
    expect(live).toBe(1);
  });

  it('with 129 code points is refused without hashing', async () => {
    const { tokens } = await signUp(deps);
    let hashes = 0;
    const hash = (password: string) => {
      hashes += 1;
      return base.passwords.hash(password);
    };
    const verify: typeof base.passwords.verify = (hashed, password) => {
      hashes += 1;
      return base.passwords.verify(hashed, password);
    };
    const counting = { ...deps, passwords: { ...base.passwords, hash, verify, verifyNobody: fail } };
    const tooLong = String.fromCodePoint(...Array.from({ length: 129 }, (_, index) => 0x1f400 + index));
    const attempts = [
      callAs(counting, null).auth.register({ email: 'long@example.com', password: tooLong, name: 'L' }),
      callAs(counting, null).auth.login({ email: 'long@example.com', password: tooLong }),
      callAs(counting, tokens.accessToken).auth.confirm({ password: tooLong }),
      callAs(counting, tokens.accessToken).auth.changePassword({ newPassword: tooLong }),
      callAs(counting, null).auth.resetPassword({ token: 'x', newPassword: tooLong }),
    ];
    for (const attempt of await Promise.allSettled(attempts))
      expect(attempt).toMatchObject({ status: 'rejected', reason: { code: 'BAD_REQUEST' } });
    expect(hashes).toBe(0);
    const longest = tooLong.slice(0, -2);
    await callAs(counting, null).auth.register({ email: 'long@example.com', password: longest, name: 'L' });
    expect(hashes).toBe(1);
  });
});

describe('a password reset', () => {
  it('responds the same to everyone, and sends an email if there is an account', async () => {
    const { email, user } = await signUp(deps);
    const unknown = `${randomUUID()}@example.com`;
    const before = jobs.sent.length;
    for (const address of [email, unknown])
      expect(await anyone().auth.requestPasswordReset({ email: address })).toEqual({ ok: true });
    expect(jobs.sent.slice(before)).toEqual([
      { name: 'password-reset', data: { email } },
      { name: 'password-reset', data: { email: unknown } },
    ]);
    expect(await forget(unknown)).toBe('');
    await deps.db.prisma.user.update({ where: { id: user.id }, data: { disabledAt: clock.now() } });
    expect(await forget(email)).toBe('');
  });

  it('is refused in the same way after the third email of an hour', async () => {
    const secret = 'a key that only the tests of this project ever use';
    deps = { ...deps, guesses: createGuessLimiter({ secret }) };
    const { email } = await signUp(deps);
    for (const address of [email, `${randomUUID()}@example.com`]) {
      const ask = () => anyone().auth.requestPasswordReset({ email: address });
      for (const _ of [1, 2, 3]) await ask();
      await expect(ask()).rejects.toMatchObject(code('TOO_MANY_REQUESTS'));
    }
  });

  it('works once, for 30 minutes, ends all sessions, and signs nobody in', async () => {
    const { api, email, user } = await signUp(deps);
    const reset = (token: string, newPassword = another) => anyone().auth.resetPassword({ token, newPassword });
    const late = await forget(email);
    clock.advance({ minutes: 30 });
    await expect(reset(late)).rejects.toMatchObject(code('INVALID_TOKEN'));
    await login(email, testPassword);
    const older = await forget(email);
    const token = await forget(email);
    // A password that is refused leaves the link as it was.
    await expect(reset(token, 'passwordpassword')).rejects.toMatchObject(code('VALIDATION_FAILED'));
    expect(await reset(token)).toEqual({ ok: true });
    for (const used of [token, older]) await expect(reset(used)).rejects.toMatchObject(code('INVALID_TOKEN'));
    await expect(api.users.me()).rejects.toMatchObject(code('UNAUTHENTICATED'));
    expect(await deps.db.prisma.session.count({ where: { userId: user.id, endedAt: null } })).toBe(0);
    const signedIn = await login(email, another);
    expect(signedIn.user.emailVerifiedAt).toBe(clock.now().toISOString());
    expect(kindsTo(email).at(-1)).toBe('password-changed');
    expect(await actions(user.id)).toEqual([
      'create',
      'register',
      'login',
      'reset_password',
      'password',
      'password',
      'verify_email',
      'login',
    ]);
  });

  it('works for one of many concurrent requests', async () => {
    const { email, user } = await signUp(deps);
    const token = await forget(email);
    const attempts = Array.from({ length: 5 }, (_, index) =>
      anyone().auth.resetPassword({ token, newPassword: `${another} ${index}` }),
    );
    const done = await Promise.allSettled(attempts);
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await actions(user.id)).filter((action) => action === 'reset_password')).toHaveLength(1);
  });

  it("removes everything that was set up by someone who registered another person's address", async () => {
    const { api, email, user } = await signUp(deps);
    await addCredentials(user.id);
    await api.auth.requestEmailChange({ email: 'thief@example.com' });
    expect(await liveCredentials(user.id)).toEqual([1, 1, 1, 1]);
    const token = await forget(email);
    // The second factor goes, so that it makes no short password good.
    await expect(anyone().auth.resetPassword({ token, newPassword: 'gr\u00fcn-7qx' })).rejects.toMatchObject(
      code('VALIDATION_FAILED'),
    );
    await anyone().auth.resetPassword({ token, newPassword: another });
    expect(await liveCredentials(user.id)).toEqual([0, 0, 0, 0]);
    expect(await deps.db.prisma.oneTimeToken.count({ where: { userId: user.id, usedAt: null } })).toBe(0);
    await expect(login(email, testPassword)).rejects.toMatchObject(code('INVALID_CREDENTIALS'));
    expect((await actions(user.id)).filter((action) => action === 'remove_unproven')).toHaveLength(3);
  });

  it('keeps the second factor and the API keys of a verified owner', async () => {
    const { email, user } = await signUp(deps);
    await deps.db.prisma.user.update({ where: { id: user.id }, data: { emailVerifiedAt: clock.now() } });
    await addCredentials(user.id);
    clock.advance({ days: 7 });
    await anyone().auth.resetPassword({ token: await forget(email), newPassword: another });
    expect(await liveCredentials(user.id)).toEqual([1, 1, 1, 1]);
  });

  it('lets the owner in after a thief of the password enrolled a second factor', async () => {
    const { email, user } = await signUp(deps);
    await deps.db.prisma.user.update({ where: { id: user.id }, data: { emailVerifiedAt: clock.now() } });
    await addCredentials(user.id);
    clock.advance({ days: 7, seconds: -1 });
    await anyone().auth.resetPassword({ token: await forget(email), newPassword: another });
    expect(await liveCredentials(user.id)).toEqual([0, 0, 0, 0]);
    expect((await login(email, another)).user.id).toBe(user.id);
  });

  it('cancels a deletion, which a thief of the old password may have requested', async () => {
    const { api, email } = await signUp(deps);
    await api.users.requestDeletion();
    await anyone().auth.resetPassword({ token: await forget(email), newPassword: another });
    expect((await login(email, another)).user.deletionDueAt).toBeNull();
    expect(kindsTo(email).slice(-2)).toEqual(['password-changed', 'deletion-cancelled']);
  });

  it('grants the administrator role to an address in ADMIN_EMAILS after verification, and to no other', async () => {
    const email = 'boss@example.com';
    // Somebody else was first; and the owner, who awaited such a mail, pressed its button.
    const { user, tokens } = await anyone().auth.register({ email, password: testPassword, name: 'Mallory' });
    const mail = jobs.mailsTo(email).at(-1);
    await anyone().auth.verifyEmail({ token: mail?.kind === 'verify-email' ? mail.token : '' });
    const mallory = callAs(deps, tokens.accessToken);
    expect((await mallory.users.me()).role).toBe('user');
    const { key } = await mallory.apiKeys.create({ name: 'k', scopes: ['users:read'], expiresInDays: 366 });

    await anyone().auth.resetPassword({ token: await forget(email), newPassword: another });
    for (const token of [tokens.accessToken, key])
      await expect(callAs(deps, token).users.me()).rejects.toMatchObject(code('UNAUTHENTICATED'));
    const boss = await login(email, another);
    expect(boss.user.role).toBe('admin');
    // It is no change of theirs that they could take back.
    const where = { userId: user.id, action: 'become_admin' };
    const { number } = await deps.db.prisma.activity.findFirstOrThrow({ where });
    const undo = callAs(deps, boss.tokens.accessToken).sync.undo({ number: Number(number) });
    await expect(undo).rejects.toMatchObject(code('CANNOT_UNDO'));

    // Another administrator decides otherwise: the mail does not take that back.
    const other = await signUp(deps);
    await deps.db.prisma.user.update({ where: { id: other.user.id }, data: { role: 'admin' } });
    await other.api.users.changeRole({ id: user.id, role: 'user' });
    await anyone().auth.resetPassword({ token: await forget(email), newPassword: testPassword });
    expect((await login(email, testPassword)).user.role).toBe('user');
  });
});
