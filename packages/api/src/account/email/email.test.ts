import { randomBytes, randomUUID } from 'node:crypto';
import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { makeBearerSecret, readBearerSecret } from '../../platform/crypto/bearer-secret.ts';
import type { MailContent } from '../../platform/mail/mails.ts';
import { createGuessLimiter } from '../../platform/rate-limits/guesses.ts';
import {
  callAs,
  deliver,
  recordedJobs,
  signUp,
  type TestClock,
  testClock,
  testDeps,
  testPassword,
} from '../../testing/index.ts';

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
  const secret = 'a key that only the tests of this project ever use';
  deps = {
    ...base,
    jobs,
    guesses: createGuessLimiter({ secret, settings: { registrationsPerHour: 5, mailsPerHour: 100 } }),
  };
});
afterAll(() => base.db.close());

const anyone = () => callAs(deps, null);
const invalidToken = { cause: { code: 'INVALID_TOKEN', message: 'Invalid, expired or already used token' } };
const newEmail = () => `${randomUUID()}@example.com`;

/** What the mails of one kind to an address carry. */
function tokensTo(email: string, kind: MailContent['kind']): string[] {
  return jobs.mailsTo(email).flatMap((mail) => (mail.kind === kind && 'token' in mail ? [mail.token] : []));
}
const tokenTo = (email: string, kind: MailContent['kind']) => tokensTo(email, kind).at(-1) ?? '';
const kindsTo = (email: string) => jobs.mailsTo(email).map(({ kind }) => kind);
/** The actions of a person's history, without the creation of the Inbox. */
const actions = async (userId: string) =>
  (
    await deps.db.prisma.activity.findMany({ where: { userId, entity: { not: 'list' } }, orderBy: { number: 'asc' } })
  ).map(({ action }) => action);

describe('registration', () => {
  it('sends a verification email, and stores only the hash of its token', async () => {
    const { email, user, api } = await signUp(deps);
    const token = tokenTo(email, 'verify-email');
    const kept = await deps.db.query<{ row: string }>(
      { text: 'SELECT t::text AS row FROM one_time_tokens t WHERE user_id = $1' },
      [user.id],
    );
    expect(kept).toHaveLength(1);
    expect(kept[0]?.row).not.toContain(token);
    expect((await api.users.me()).emailVerifiedAt).toBeNull();

    clock.advance({ hours: 23 });
    expect(await anyone().auth.verifyEmail({ token })).toEqual({ ok: true });
    const signedIn = await anyone().auth.login({ email, password: testPassword });
    expect(signedIn.user).toMatchObject({ emailVerifiedAt: clock.now().toISOString(), role: 'user' });
    expect(await actions(user.id)).toEqual(['create', 'register', 'verify_email', 'login']);
    await expect(anyone().auth.verifyEmail({ token })).rejects.toMatchObject(invalidToken);
  });

  it('notifies the owner of a taken address once a day, and refuses more than five attempts an hour', async () => {
    const { email } = await signUp(deps);
    const codes: string[] = [];
    for (const address of [email, email, email, newEmail(), email, newEmail()]) {
      const attempt = anyone().auth.register({ email: address, password: testPassword, name: 'Eve' });
      codes.push(
        await attempt.then(
          () => 'OK',
          ({ cause }: { cause: { code: string } }) => cause.code,
        ),
      );
    }
    // The first of the five was the owner's own.
    expect(codes).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', 'OK', 'TOO_MANY_REQUESTS', 'TOO_MANY_REQUESTS']);
    expect(await deliver(deps, jobs.mailsTo(email))).toEqual(['verify-email', 'address-taken']);
  });
});

describe('an email token', () => {
  it('is valid for a limited time, for one purpose and for one user', async () => {
    const { email, user } = await signUp(deps);
    const token = tokenTo(email, 'verify-email');
    const { id = '' } = readBearerSecret(token) ?? {};
    const wrong = [
      'x',
      token.slice(0, -1),
      `${token.slice(0, 40)}${token[40] === 'A' ? 'B' : 'A'}${token.slice(41)}`,
      makeBearerSecret(user.id, id, randomBytes).text,
      makeBearerSecret((await signUp(deps)).user.id, id, randomBytes).text,
    ];
    for (const other of wrong)
      await expect(anyone().auth.verifyEmail({ token: other })).rejects.toMatchObject(invalidToken);
    const { auth } = anyone();
    await expect(auth.resetPassword({ token, newPassword: 'another horse, another staple' })).rejects.toMatchObject(
      invalidToken,
    );
    await expect(auth.confirmEmailChange({ token })).rejects.toMatchObject(invalidToken);
    clock.advance({ hours: 24 });
    await expect(auth.verifyEmail({ token })).rejects.toMatchObject(invalidToken);
    const again = await anyone().auth.login({ email, password: testPassword });
    expect(await callAs(deps, again.tokens.accessToken).auth.resendVerification()).toEqual({ ok: true });
    expect(await auth.verifyEmail({ token: tokenTo(email, 'verify-email') })).toEqual({ ok: true });
    expect(await callAs(deps, again.tokens.accessToken).auth.resendVerification()).toEqual({ ok: true });
    expect(tokensTo(email, 'verify-email')).toHaveLength(2);
  });

  it('works for one of many concurrent requests', async () => {
    const { email, user } = await signUp(deps);
    const token = tokenTo(email, 'verify-email');
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => anyone().auth.verifyEmail({ token })));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await actions(user.id)).filter((action) => action === 'verify_email')).toHaveLength(1);
  });

  it('is sent at most three times an hour', async () => {
    const { api, email } = await signUp(deps);
    for (const _ of [1, 2, 3]) await api.auth.resendVerification();
    await expect(api.auth.resendVerification()).rejects.toMatchObject({ cause: { code: 'TOO_MANY_REQUESTS' } });
    // Whoever signed up with somebody else's address does not use up the mails that give it back to them.
    expect(await anyone().auth.requestPasswordReset({ email })).toEqual({ ok: true });
    expect(tokensTo(email, 'verify-email')).toHaveLength(4);
  });
});

describe('an email change', () => {
  async function request(to: string) {
    const person = await signUp(deps);
    await person.api.auth.requestEmailChange({ email: to });
    const from = tokenTo(person.email, 'change-email-from');
    return { ...person, from, to: tokenTo(to, 'change-email-to') };
  }

  it.each([
    [0, 1],
    [1, 0],
  ])('requires both addresses, in any order', async (first, second) => {
    const email = newEmail();
    const person = await request(email);
    const both = [person.from, person.to];
    expect(await anyone().auth.confirmEmailChange({ token: both[first] ?? '' })).toEqual({ status: 'waiting' });
    expect((await person.api.users.me()).email).toBe(person.email);
    expect(await anyone().auth.confirmEmailChange({ token: both[second] ?? '' })).toEqual({ status: 'changed' });
    expect(await person.api.users.me()).toMatchObject({ email, emailVerifiedAt: clock.now().toISOString() });
    expect(kindsTo(person.email)).toEqual(['verify-email', 'change-email-from', 'email-changed']);
    expect((await actions(person.user.id)).at(-1)).toBe('change_email');
    for (const token of both)
      await expect(anyone().auth.confirmEmailChange({ token })).rejects.toMatchObject(invalidToken);
    expect((await anyone().auth.login({ email, password: testPassword })).user.id).toBe(person.user.id);
    // A mail to the old address opens nothing any more.
    const token = tokenTo(person.email, 'verify-email');
    await expect(anyone().auth.verifyEmail({ token })).rejects.toMatchObject(invalidToken);
  });

  it('is made once when both addresses confirm at once', async () => {
    deps = { ...deps, guesses: base.guesses };
    for (let round = 0; round < 5; round += 1) {
      const person = await request(newEmail());
      const answers = await Promise.all(
        [person.from, person.to].map((token) => anyone().auth.confirmEmailChange({ token })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual(['changed', 'waiting']);
      expect((await actions(person.user.id)).filter((action) => action === 'change_email')).toHaveLength(1);
    }
  });

  it('is refused after an hour, and with the tokens of two different requests', async () => {
    const [one, two] = [newEmail(), newEmail()];
    const person = await request(one);
    await person.api.auth.requestEmailChange({ email: two });
    await expect(anyone().auth.confirmEmailChange({ token: person.to })).rejects.toMatchObject(invalidToken);
    const token = tokenTo(two, 'change-email-to');
    expect(await anyone().auth.confirmEmailChange({ token })).toEqual({ status: 'waiting' });
    await expect(anyone().auth.confirmEmailChange({ token: person.from })).rejects.toMatchObject(invalidToken);
    clock.advance({ hours: 1 });
    const late = tokenTo(person.email, 'change-email-from');
    await expect(anyone().auth.confirmEmailChange({ token: late })).rejects.toMatchObject(invalidToken);
    const { email } = await deps.db.prisma.user.findUniqueOrThrow({ where: { id: person.user.id } });
    expect(email).toBe(person.email);
  });

  it('responds the same when the new address has an account, and notifies its owner', async () => {
    const owner = await signUp(deps);
    const person = await signUp(deps);
    expect(await person.api.auth.requestEmailChange({ email: owner.email })).toEqual(
      await person.api.auth.requestEmailChange({ email: newEmail() }),
    );
    expect(kindsTo(owner.email)).toEqual(['verify-email', 'address-taken']);
    expect(kindsTo(person.email)).toEqual(['verify-email', 'change-email-from', 'change-email-from']);
    await expect(person.api.auth.requestEmailChange({ email: person.email })).rejects.toMatchObject({
      cause: { code: 'VALIDATION_FAILED', errors: [{ path: 'email' }] },
    });
  });

  it('is limited to three requests an hour, which do not count as password resets', async () => {
    const owner = await signUp(deps);
    const person = await signUp(deps);
    const ask = () => person.api.auth.requestEmailChange({ email: owner.email });
    for (const _ of [1, 2, 3]) await ask();
    await expect(ask()).rejects.toMatchObject({ cause: { code: 'TOO_MANY_REQUESTS' } });
    for (const email of [owner.email, person.email])
      for (const _ of [1, 2, 3]) expect(await anyone().auth.requestPasswordReset({ email })).toEqual({ ok: true });
  });

  it('fails as a whole when the new address is taken meanwhile', async () => {
    const email = newEmail();
    const person = await request(email);
    await anyone().auth.register({ email, password: testPassword, name: 'Quick' });
    await anyone().auth.confirmEmailChange({ token: person.from });
    await expect(anyone().auth.confirmEmailChange({ token: person.to })).rejects.toMatchObject({
      cause: { code: 'CONFLICT' },
    });
    expect((await person.api.users.me()).email).toBe(person.email);
  });

  it('runs once for its idempotency key', async () => {
    const { tokens, email } = await signUp(deps);
    const keyed = () =>
      callAs(deps, tokens.accessToken, 'move').auth.requestEmailChange({ email: 'moved@example.com' });
    for (const _ of [1, 2]) expect(await keyed()).toEqual({ ok: true });
    expect(tokensTo(email, 'change-email-from')).toHaveLength(1);
  });
});
