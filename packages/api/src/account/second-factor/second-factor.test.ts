import { randomUUID } from 'node:crypto';
import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { DomainError } from '../../errors/domain-error.ts';
import {
  callAs,
  codeAt,
  recordedJobs,
  signUp,
  signUpVerified,
  type TestClock,
  testClock,
  testDeps,
  testPassword,
} from '../../testing/index.ts';
import { recordFailedSignIn } from '../sign-in/record-failed-sign-in.ts';

let deps: Deps;
let clock: TestClock;
const jobs = recordedJobs();
let guesses: string[] = [];
let refuseGuesses = false;

beforeAll(async () => {
  clock = testClock();
  deps = await testDeps(await testDatabase(), {
    clock,
    jobs,
    guesses: {
      async count({ kind, account }) {
        if (kind !== 'code') return { giveBack: async () => undefined };
        if (refuseGuesses) throw new DomainError('TOO_MANY_REQUESTS');
        guesses.push(`count ${account}`);
        return { giveBack: async () => void guesses.push(`give back ${account}`) };
      },
    },
  });
});
afterAll(() => deps.db.close());

const anyone = (key?: string) => callAs(deps, null, key);
const codeOf = (secret: string, offsetSeconds = 0) =>
  codeAt(secret, new Date(clock.now().getTime() + offsetSeconds * 1000));
const next = () => clock.advance({ seconds: 30 });
const refusedWith = (code: string) => ({ cause: { code } });

/** A new person with an authenticator app, and a step later than the code that confirmed it. */
async function signUpGuarded() {
  const person = await signUpVerified(deps);
  const { secret, uri } = await person.api.totp.enroll();
  const { recoveryCodes } = await person.api.totp.confirm({ code: codeOf(secret) });
  next();
  return { ...person, secret, uri, recoveryCodes: recoveryCodes ?? [] };
}

interface Required {
  readonly ticket: string;
  readonly methods: readonly string[];
}

/** What SECOND_FACTOR_REQUIRED tells. */
async function requiredBy(attempt: Promise<unknown>): Promise<Required> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ cause: { code: 'SECOND_FACTOR_REQUIRED' } });
  return (error as { cause: { details: Required } }).cause.details;
}

const login = (email: string, key?: string) => anyone(key).auth.login({ email, password: testPassword });
const ticketFor = async (email: string) => (await requiredBy(login(email))).ticket;
const linesOf = async (userId: string) =>
  (await deps.db.prisma.activity.findMany({ where: { userId }, orderBy: { number: 'asc' } })).map(
    ({ entity, action }) => `${entity} ${action}`,
  );

describe('an authenticator app', () => {
  it('becomes active with its first code, and returns recovery codes', async () => {
    const { api, email, tokens } = await signUpVerified(deps);
    const enrolled = await api.totp.enroll();
    expect(enrolled.uri).toContain(encodeURIComponent(email));
    // Not yet.
    expect((await login(email)).user.email).toBe(email);
    await expect(api.totp.confirm({ code: '000000' })).rejects.toMatchObject({
      cause: { code: 'VALIDATION_FAILED', errors: [{ path: 'code' }] },
    });
    const { recoveryCodes } = await api.totp.confirm({ code: codeOf(enrolled.secret) });
    expect(new Set(recoveryCodes).size).toBe(10);
    for (const code of recoveryCodes ?? []) expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
    expect(await api.secondFactor.status()).toEqual({
      totp: true,
      passkeys: 0,
      recoveryCodesLeft: 10,
      areRecoveryCodesLow: false,
    });
    const required = await requiredBy(login(email));
    expect(required.methods).toEqual(['totp', 'recoveryCode']);
    expect(jobs.mailsTo(email)).toContainEqual(expect.objectContaining({ kind: 'second-factor-changed' }));
    // Whoever is signed in stays so, and refreshes.
    expect((await anyone().auth.refresh({ refreshToken: tokens.refreshToken })).accessToken).toBeTruthy();
  });

  it('stores its secret and the recovery codes so that the database alone does not reveal them', async () => {
    const { user, secret, recoveryCodes } = await signUpGuarded();
    const rows = await deps.db.query<{ row: string }>(
      {
        text: `
          SELECT to_jsonb(t)::text AS row FROM totps t WHERE user_id = $1
          UNION ALL SELECT to_jsonb(r)::text FROM recovery_codes r WHERE user_id = $1
          UNION ALL SELECT to_jsonb(a)::text FROM activity a WHERE user_id = $1`,
      },
      [user.id],
    );
    expect(rows.length).toBeGreaterThan(12);
    const all = rows.map(({ row }) => row).join('\n');
    for (const told of [secret, ...recoveryCodes]) {
      expect(all).not.toContain(told);
      expect(all).not.toContain(told.replaceAll('-', ''));
    }
  });

  it('is replaced by a newer one: first the unconfirmed one, then the active one', async () => {
    const { api, email } = await signUp(deps);
    const first = await api.totp.enroll();
    const second = await api.totp.enroll();
    await expect(api.totp.confirm({ code: codeOf(first.secret) })).rejects.toMatchObject(
      refusedWith('VALIDATION_FAILED'),
    );
    await api.totp.confirm({ code: codeOf(second.secret) });
    await expect(api.totp.confirm({ code: codeOf(second.secret) })).rejects.toMatchObject(refusedWith('NOT_FOUND'));
    next();
    const third = await api.totp.enroll();
    // Until the new one has shown a code, the old one counts.
    const early = await anyone().secondFactor.signIn({ ticket: await ticketFor(email), code: codeOf(second.secret) });
    expect(early.user.email).toBe(email);
    next();
    expect(await api.totp.confirm({ code: codeOf(third.secret) })).toEqual({ recoveryCodes: null });
    next();
    const attempt = async (secret: string) =>
      anyone().secondFactor.signIn({ ticket: await ticketFor(email), code: codeOf(secret) });
    await expect(attempt(second.secret)).rejects.toMatchObject(refusedWith('INVALID_CREDENTIALS'));
    expect((await attempt(third.secret)).user.email).toBe(email);
  });

  it('has at most one active secret, however many are confirmed at once', async () => {
    const { api, user } = await signUp(deps);
    const { secret } = await api.totp.enroll();
    const settled = await Promise.allSettled(
      Array.from({ length: 5 }, () => api.totp.confirm({ code: codeOf(secret) })),
    );
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const rows = await deps.db.prisma.totp.findMany({ where: { userId: user.id, endedAt: null } });
    expect(rows).toHaveLength(1);
    expect(await deps.db.prisma.recoveryCode.count({ where: { userId: user.id } })).toBe(10);
  });

  it('can be removed, unless the password is too short to be used alone', async () => {
    const { api, email, user } = await signUpGuarded();
    await deps.db.prisma.user.update({ where: { id: user.id }, data: { passwordStandsAlone: false } });
    await expect(api.totp.remove()).rejects.toMatchObject(refusedWith('CONFLICT'));
    expect((await requiredBy(login(email))).methods).toContain('totp');
    await deps.db.prisma.user.update({ where: { id: user.id }, data: { passwordStandsAlone: true } });
    await api.totp.remove();
    await expect(api.totp.remove()).rejects.toMatchObject(refusedWith('NOT_FOUND'));
    expect((await login(email)).user.id).toBe(user.id);
    expect(await api.secondFactor.status()).toMatchObject({ totp: false, recoveryCodesLeft: 0 });
    await expect(api.secondFactor.renewRecoveryCodes()).rejects.toMatchObject(refusedWith('CONFLICT'));
    // The row is history; what it held is gone.
    const rows = await deps.db.prisma.totp.findMany({ where: { userId: user.id } });
    expect(rows.map(({ sealedSecret, endedAt }) => [sealedSecret, endedAt !== null])).toEqual([['', true]]);
  });

  it('requires recent authentication', async () => {
    const { api } = await signUpGuarded();
    clock.advance({ minutes: 6 });
    for (const attempt of [
      () => api.totp.enroll(),
      () => api.totp.confirm({ code: '123456' }),
      () => api.totp.remove(),
      () => api.secondFactor.renewRecoveryCodes(),
    ])
      await expect(attempt()).rejects.toMatchObject(refusedWith('FRESH_SIGN_IN_REQUIRED'));
  });

  it('shows its secret once; a retry gets it again from encrypted storage', async () => {
    const { tokens, user } = await signUp(deps);
    const enrol = () => callAs(deps, tokens.accessToken, 'enrol-once').totp.enroll();
    const first = await enrol();
    expect(await enrol()).toEqual(first);
    const confirm = () => callAs(deps, tokens.accessToken, 'confirm-once').totp.confirm({ code: codeOf(first.secret) });
    const codes = await confirm();
    expect(await confirm()).toEqual(codes);
    const replies = await deps.db.prisma.idempotencyKey.findMany({ where: { userId: user.id } });
    const kept = replies.map(({ reply }) => reply).join('\n');
    expect(replies).toHaveLength(2);
    for (const told of [first.secret, ...(codes.recoveryCodes ?? [])]) expect(kept).not.toContain(told);
  });
});

describe('sign-in with a second factor', () => {
  it('accepts the codes of the current, the previous and the next time step, each once', async () => {
    const { email, secret, user } = await signUpGuarded();
    const signIn = async (offset: number) =>
      anyone().secondFactor.signIn({ ticket: await ticketFor(email), code: codeOf(secret, offset) });
    for (const offset of [-60, -30, 60, 3600]) {
      // The step before was used to confirm the app.
      await expect(signIn(offset), String(offset)).rejects.toMatchObject(refusedWith('INVALID_CREDENTIALS'));
    }
    const { user: who, tokens } = await signIn(0);
    expect(who.id).toBe(user.id);
    expect((await callAs(deps, tokens.accessToken).users.me()).id).toBe(user.id);
    await expect(signIn(0)).rejects.toMatchObject(refusedWith('INVALID_CREDENTIALS'));
    expect((await signIn(30)).user.id).toBe(user.id);
    // A later one was used: an earlier one counts no more.
    next();
    await expect(signIn(-30)).rejects.toMatchObject(refusedWith('INVALID_CREDENTIALS'));
    const lines = await linesOf(user.id);
    expect(lines.filter((line) => line === 'session second_factor_failed')).toHaveLength(6);
    const { items } = await callAs(deps, tokens.accessToken).auth.activity({ limit: 100 });
    const actors = items.filter(({ action }) => action === 'second_factor_failed').map(({ actor }) => actor);
    expect(new Set(actors)).toEqual(new Set(['unknown']));
    expect(lines.filter((line) => line === 'session login')).toHaveLength(2);
  });

  it('starts a session that is recently authenticated', async () => {
    const { email, secret } = await signUpGuarded();
    const { tokens } = await anyone().secondFactor.signIn({ ticket: await ticketFor(email), code: codeOf(secret) });
    expect((await callAs(deps, tokens.accessToken).secondFactor.renewRecoveryCodes()).recoveryCodes).toHaveLength(10);
  });

  it('accepts a code once, however many requests with their own MFA tokens arrive at once', async () => {
    const { email, secret } = await signUpGuarded();
    const tickets = await Promise.all(Array.from({ length: 8 }, () => ticketFor(email)));
    const settled = await Promise.allSettled(
      tickets.map((ticket) => anyone().secondFactor.signIn({ ticket, code: codeOf(secret) })),
    );
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('accepts an MFA token once, for five minutes, for its purpose and its user only', async () => {
    const { email, secret, api, recoveryCodes } = await signUpGuarded();
    const stranger = await signUpGuarded();
    const ticket = await ticketFor(email);
    const bad = refusedWith('INVALID_TOKEN');
    const signIn = (input: { ticket: string; code?: string; recoveryCode?: string }) =>
      anyone().secondFactor.signIn(input);

    // A wrong code does not use it up.
    await expect(signIn({ ticket, code: '000000' })).rejects.toMatchObject(refusedWith('INVALID_CREDENTIALS'));
    // Somebody else's code is a wrong code.
    await expect(signIn({ ticket, code: codeOf(stranger.secret) })).rejects.toMatchObject(
      refusedWith('INVALID_CREDENTIALS'),
    );
    expect((await signIn({ ticket, code: codeOf(secret) })).user.email).toBe(email);
    next();
    await expect(signIn({ ticket, code: codeOf(secret) })).rejects.toMatchObject(refusedWith('INVALID_CREDENTIALS'));
    await expect(signIn({ ticket, recoveryCode: recoveryCodes[0] ?? '' })).rejects.toMatchObject(
      refusedWith('INVALID_CREDENTIALS'),
    );

    const confirming = (await requiredBy(api.auth.confirm({ password: testPassword }))).ticket;
    const changed = `${ticket.slice(0, -4)}AAAA`;
    for (const other of [confirming, changed, 'x', deps.sealer.seal('{}'), deps.sealer.seal('null')])
      await expect(signIn({ ticket: other, code: codeOf(secret) })).rejects.toMatchObject(bad);

    const late = await ticketFor(email);
    clock.advance({ minutes: 5 });
    await expect(signIn({ ticket: late, code: codeOf(secret) })).rejects.toMatchObject(bad);
  });

  it('fails after the password of its MFA token was changed, or the account was deleted', async () => {
    const { email, secret, api, user } = await signUpGuarded();
    const ticket = await ticketFor(email);
    await api.auth.changePassword({ newPassword: 'another sentence altogether' });
    const attempt = (used: string) => anyone().secondFactor.signIn({ ticket: used, code: codeOf(secret) });
    await expect(attempt(ticket)).rejects.toMatchObject(refusedWith('INVALID_TOKEN'));
    const renewed = await requiredBy(anyone().auth.login({ email, password: 'another sentence altogether' }));
    await deps.db.prisma.user.update({ where: { id: user.id }, data: { disabledAt: clock.now() } });
    await expect(attempt(renewed.ticket)).rejects.toMatchObject(refusedWith('INVALID_TOKEN'));
  });

  it('is required only after the correct password', async () => {
    const { email } = await signUpGuarded();
    await expect(anyone().auth.login({ email, password: `${testPassword}!` })).rejects.toMatchObject(
      refusedWith('INVALID_CREDENTIALS'),
    );
  });

  it('accepts exactly one factor per request', async () => {
    const { email, secret, recoveryCodes } = await signUpGuarded();
    const ticket = await ticketFor(email);
    const both = { ticket, code: codeOf(secret), recoveryCode: recoveryCodes[0] ?? '' };
    for (const input of [{ ticket }, both]) {
      await expect(anyone().secondFactor.signIn(input)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    }
    const spaced = codeOf(secret).replace(/^(...)/, '$1 ');
    expect((await anyone().secondFactor.signIn({ ticket, code: spaced })).user.email).toBe(email);
  });

  it('consumes an attempt before it checks the code, and refunds it if the code is correct', async () => {
    const { email, secret, user } = await signUpGuarded();
    const ticket = await ticketFor(email);
    guesses = [];
    await anyone()
      .secondFactor.signIn({ ticket, code: '000000' })
      .catch(() => undefined);
    expect(guesses).toEqual([`count ${user.id}`]);
    refuseGuesses = true;
    await expect(anyone().secondFactor.signIn({ ticket, code: codeOf(secret) })).rejects.toMatchObject(
      refusedWith('TOO_MANY_REQUESTS'),
    );
    refuseGuesses = false;
    await anyone().secondFactor.signIn({ ticket, code: codeOf(secret) });
    expect(guesses).toEqual([`count ${user.id}`, `count ${user.id}`, `give back ${user.id}`]);
  });

  it('returns the same session to the same request, and no access to another request', async () => {
    const { email, secret, user } = await signUpGuarded();
    const input = { ticket: await ticketFor(email), code: codeOf(secret) };
    const again = () => anyone('sign-in-once').secondFactor.signIn(input);
    const replies = await Promise.all(Array.from({ length: 6 }, again));
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
    // Also once the code itself is long over.
    clock.advance({ minutes: 3 });
    expect(await again()).toEqual(replies[0]);
    expect(await deps.db.prisma.session.count({ where: { userId: user.id } })).toBe(2);
    await expect(anyone('sign-in-once').secondFactor.signIn({ ...input, code: '000000' })).rejects.toMatchObject(
      refusedWith('IDEMPOTENCY_KEY_REUSED'),
    );
    await expect(anyone('another').secondFactor.signIn(input)).rejects.toMatchObject(
      refusedWith('INVALID_CREDENTIALS'),
    );
    clock.advance({ minutes: 3 });
    await expect(again()).rejects.toMatchObject(refusedWith('INVALID_TOKEN'));
  });

  it('starts a new session for an idempotency key that is more than a day old', async () => {
    const { email, secret } = await signUpGuarded();
    const signIn = async () =>
      anyone('every-day').secondFactor.signIn({ ticket: await ticketFor(email), code: codeOf(secret) });
    const first = await signIn();
    clock.advance({ hours: 25 });
    const second = await signIn();
    expect(second.tokens.refreshToken).not.toBe(first.tokens.refreshToken);
  });

  it('cannot be bypassed with the idempotency key of an earlier sign-in or registration', async () => {
    const { email, password, name } = { email: `${Date.now()}@example.com`, password: testPassword, name: 'Ada' };
    const register = () => anyone('register-once').auth.register({ email, password, name });
    const { tokens } = await register();
    const loggedIn = await login(email, 'login-once');
    // So far both are given again.
    expect((await register()).tokens).toEqual(tokens);
    expect(await login(email, 'login-once')).toEqual(loggedIn);
    const api = callAs(deps, tokens.accessToken);
    const { secret } = await api.totp.enroll();
    await api.totp.confirm({ code: codeOf(secret) });
    await requiredBy(register());
    await requiredBy(login(email, 'login-once'));
  });
});

describe('recovery codes', () => {
  it('work once each, in any case and with or without dashes, and warn when few are left', async () => {
    const { email, api, recoveryCodes, user } = await signUpGuarded();
    const signIn = async (recoveryCode: string) =>
      anyone().secondFactor.signIn({ ticket: await ticketFor(email), recoveryCode });
    const [first = '', second = '', ...others] = recoveryCodes;
    expect((await signIn(first.toUpperCase().replaceAll('-', ' '))).user.email).toBe(email);
    await expect(signIn(first)).rejects.toMatchObject(refusedWith('INVALID_CREDENTIALS'));
    expect((await signIn(second.replaceAll('-', '').replaceAll('0', 'O').replaceAll('1', 'l'))).user.email).toBe(email);
    for (const code of others.slice(0, 4)) await signIn(code);
    expect(await api.secondFactor.status()).toMatchObject({ recoveryCodesLeft: 4, areRecoveryCodesLow: false });
    await signIn(others[4] ?? '');
    expect(await api.secondFactor.status()).toMatchObject({ recoveryCodesLeft: 3, areRecoveryCodesLow: true });
    expect(jobs.mailsTo(email)).toContainEqual(
      expect.objectContaining({ kind: 'second-factor-changed', what: expect.stringContaining('3 are left') }),
    );
    expect((await linesOf(user.id)).filter((line) => line === 'session recovery_code_used')).toHaveLength(7);
    for (const code of others.slice(5)) await signIn(code);
    expect((await requiredBy(login(email))).methods).toEqual(['totp']);
  });

  it('work once, however many requests arrive at once', async () => {
    const { email, recoveryCodes } = await signUpGuarded();
    const tickets = await Promise.all(Array.from({ length: 8 }, () => ticketFor(email)));
    const settled = await Promise.allSettled(
      tickets.map((ticket) => anyone().secondFactor.signIn({ ticket, recoveryCode: recoveryCodes[0] ?? '' })),
    );
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('belong to one user, and stop working when new ones are created', async () => {
    const { email, api, recoveryCodes } = await signUpGuarded();
    const stranger = await signUpGuarded();
    const signIn = async (recoveryCode: string) =>
      anyone().secondFactor.signIn({ ticket: await ticketFor(email), recoveryCode });
    await expect(signIn(stranger.recoveryCodes[0] ?? '')).rejects.toMatchObject(refusedWith('INVALID_CREDENTIALS'));
    const renewed = await api.secondFactor.renewRecoveryCodes();
    await expect(signIn(recoveryCodes[0] ?? '')).rejects.toMatchObject(refusedWith('INVALID_CREDENTIALS'));
    expect((await signIn(renewed.recoveryCodes[0] ?? '')).user.email).toBe(email);
  });
});

describe('re-authentication', () => {
  it('requires both factors, and marks only this session as recently authenticated', async () => {
    const { api, secret, tokens, email, user } = await signUpGuarded();
    clock.advance({ minutes: 6 });
    const fresh = () => api.totp.enroll();
    await expect(fresh()).rejects.toMatchObject(refusedWith('FRESH_SIGN_IN_REQUIRED'));
    const { ticket, methods } = await requiredBy(api.auth.confirm({ password: testPassword }));
    expect(methods).toEqual(['totp', 'recoveryCode']);
    await expect(fresh()).rejects.toMatchObject(refusedWith('FRESH_SIGN_IN_REQUIRED'));

    const bad = refusedWith('INVALID_TOKEN');
    const stranger = await signUpGuarded();
    await expect(stranger.api.secondFactor.confirm({ ticket, code: codeOf(secret) })).rejects.toMatchObject(bad);
    const elsewhere = await anyone().secondFactor.signIn({ ticket: await ticketFor(email), code: codeOf(secret) });
    next();
    const otherSession = callAs(deps, elsewhere.tokens.accessToken);
    await expect(otherSession.secondFactor.confirm({ ticket, code: codeOf(secret) })).rejects.toMatchObject(bad);
    await expect(
      api.secondFactor.confirm({ ticket: await ticketFor(email), code: codeOf(secret) }),
    ).rejects.toMatchObject(bad);

    await expect(api.secondFactor.confirm({ ticket, code: '000000' })).rejects.toMatchObject(
      refusedWith('INVALID_CREDENTIALS'),
    );
    // By a job: under an idempotency key, the failure takes back what was written with it.
    const failed = jobs.sent.flatMap(({ data }) => ('action' in data && data.email === email ? [data] : []));
    expect(failed).toHaveLength(1);
    for (const data of failed) await recordFailedSignIn(deps, { id: randomUUID(), data });
    expect(await linesOf(user.id)).toContain('session second_factor_failed');
    const confirm = () =>
      callAs(deps, tokens.accessToken, 'confirm-me').secondFactor.confirm({ ticket, code: codeOf(secret) });
    expect(await confirm()).toEqual({ ok: true });
    expect(await confirm()).toEqual({ ok: true });
    expect((await fresh()).secret).toBeTruthy();
    await expect(api.secondFactor.confirm({ ticket, code: codeOf(secret) })).rejects.toMatchObject(
      refusedWith('INVALID_CREDENTIALS'),
    );
  });
});
