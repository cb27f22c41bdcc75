import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { sendMail } from '../../platform/mail/send-mail.ts';
import { createGuessLimiter } from '../../platform/rate-limits/guesses.ts';
import {
  callAs,
  codeAt,
  deliver,
  recordedJobs,
  signInFrom,
  signUp,
  signUpVerified,
  type TestClock,
  testClock,
  testDeps,
  testPassword,
} from '../../testing/index.ts';
import { remindOfKeys } from '../api-keys/remind-of-keys.ts';
import { sendPasswordReset } from '../passwords/send-password-reset.ts';

let deps: Deps;
let clock: TestClock;
const jobs = recordedJobs();

beforeAll(async () => {
  clock = testClock();
  const secret = 'a key that only the tests of this project ever use';
  const settings = { registrationsPerHour: 1000, mailsPerHour: 1000 };
  deps = await testDeps(await testDatabase(), { clock, jobs, guesses: createGuessLimiter({ secret, settings }) });
});
afterAll(() => deps.db.close());

type Person = Awaited<ReturnType<typeof signUp>>;

const advert = 'You won! Collect at https://evil.example';
const kindsTo = ({ email }: Person) => jobs.mailsTo(email).map(({ kind }) => kind);
const newKey = { name: advert, scopes: ['tasks:read' as const], expiresInDays: 1 };

/** Whatever a notice tells of, but for what resets and moves do. */
async function doEverything({ api, email, user }: Person): Promise<void> {
  await signInFrom(deps, '198.51.100.7', { email, password: testPassword });
  await api.users.requestDeletion();
  await api.users.cancelDeletion();
  await api.apiKeys.create(newKey);
  await api.auth.changePassword({ newPassword: 'another horse, another staple' });
  const { secret } = await api.totp.enroll();
  await api.totp.confirm({ code: codeAt(secret, clock.now()) });
  const boss = await signUp(deps);
  await deps.db.prisma.user.update({ where: { id: boss.user.id }, data: { role: 'admin' } });
  for (const act of ['disable', 'enable'] as const) await boss.api.users[act]({ id: user.id });
  await boss.api.users.changeRole({ id: user.id, role: 'admin' });
  clock.advance({ hours: 12 });
  await remindOfKeys(deps);
}

it('a user with a verified address is notified of every event', async () => {
  const person = await signUpVerified(deps);
  await doEverything(person);
  expect(kindsTo(person)).toEqual([
    'verify-email',
    'new-sign-in',
    'deletion-requested',
    'deletion-cancelled',
    'api-key-created',
    'password-changed',
    'second-factor-changed',
    'account-disabled',
    'account-enabled',
    'role-changed',
    'api-key-expires',
  ]);
});

it('an unverified address gets only requested emails, without text chosen by the person who registered', async () => {
  const mallory = await signUp(deps, { name: advert });
  await doEverything(mallory);
  await sendPasswordReset({ deps }, { email: mallory.email });
  const again = await signUp(deps, { name: advert });
  await again.api.auth.requestEmailChange({ email: 'mallory@example.com' });
  const sent = [...jobs.mailsTo(mallory.email), ...jobs.mailsTo(again.email)];
  expect(sent.map(({ kind }) => kind)).toEqual(['verify-email', 'reset-password', 'verify-email', 'change-email-from']);
  const texts: string[] = [];
  const mailer = { send: async (mail: object) => void texts.push(JSON.stringify(mail)) };
  for (const data of sent) await sendMail(deps, mailer, { id: '01a211a8-826a-713c-b7f4-8d99ba577288', data });
  expect(texts).toHaveLength(4);
  expect(texts.join()).not.toContain('evil.example');
});

it('such a user is notified of an API key after verification', async () => {
  const { api, email, user } = await signUp(deps);
  await api.apiKeys.create(newKey);
  clock.advance({ hours: 12 });
  const told = () => jobs.mailsTo(email).filter(({ kind }) => kind === 'api-key-expires').length;
  await remindOfKeys(deps);
  expect(told()).toBe(0);
  await deps.db.prisma.user.update({ where: { id: user.id }, data: { emailVerifiedAt: clock.now() } });
  await remindOfKeys(deps);
  expect(told()).toBe(1);
});

it('a password reset is notified, since its link has verified the address', async () => {
  const person = await signUp(deps);
  await sendPasswordReset({ deps }, { email: person.email });
  const [reset] = jobs.mailsTo(person.email).slice(-1);
  const token = reset?.kind === 'reset-password' ? reset.token : '';
  await callAs(deps, null).auth.resetPassword({ token, newPassword: 'another horse, another staple' });
  expect(kindsTo(person)).toEqual(['verify-email', 'reset-password', 'password-changed']);
});

it('many events of one kind are muted for an hour, which refuses nothing and mutes no other kind', async () => {
  const person = await signUpVerified(deps);
  const { api } = person;
  for (let count = 0; count < 30; count += 1) {
    await api.users.requestDeletion();
    await api.users.cancelDeletion();
  }
  expect((await api.users.me()).deletionDueAt).toBeNull();
  await api.auth.changePassword({ newPassword: 'another horse, another staple' });
  const delivered = await deliver(deps, jobs.mailsTo(person.email));
  const of = (which: string) => delivered.filter((kind) => kind === which).length;
  expect([of('deletion-requested'), of('deletion-cancelled')]).toEqual([10, 10]);
  expect(of('password-changed')).toBe(1);
});
