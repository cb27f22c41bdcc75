import { randomUUID } from 'node:crypto';
import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../../deps.ts';
import { createCaller } from '../../../root.ts';
import { type Authenticator, softAuthenticator } from '../../../testing/authenticator.ts';
import {
  callAs,
  codeAt,
  recordedJobs,
  requestContext,
  signUp,
  signUpVerified,
  type TestClock,
  testClock,
  testDeps,
  testPassword,
} from '../../../testing/index.ts';
import { recordFailedSignIn } from '../../sign-in/record-failed-sign-in.ts';
import { fromUserHandle, toUserHandle } from './relying-party.ts';

let deps: Deps;
let clock: TestClock;
const jobs = recordedJobs();

beforeAll(async () => {
  clock = testClock();
  deps = await testDeps(await testDatabase(), { clock, jobs });
});
afterAll(() => deps.db.close());

type Api = ReturnType<typeof callAs>;
type Answer = ReturnType<Authenticator['get']>;

const anyone = (key?: string) => callAs(deps, null, key);
const refusedWith = (code: string) => ({ cause: { code } });
const wrong = refusedWith('INVALID_CREDENTIALS');
const unfit = { cause: { code: 'VALIDATION_FAILED', errors: [{ path: 'response' }] } };

/** A new person with one passkey. */
async function signUpWithPasskey(device = softAuthenticator()) {
  const person = await signUpVerified(deps);
  const registered = await addPasskey(person.api, device);
  return { ...person, ...registered, device };
}

async function addPasskey(api: Api, device: Authenticator, name = 'Phone') {
  return api.passkeys.register({ name, response: device.create(await api.passkeys.registrationOptions()) });
}

const ask = () => anyone().passkeys.signInOptions();
const signIn = (response: Answer, key?: string) => anyone(key).passkeys.signIn({ response });

/** The error, as the caller sees it. */
async function refusal(attempt: Promise<unknown>) {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ cause: { code: expect.any(String) } });
  const { message, cause } = error as Error & { cause: Error & { code: string; details?: Record<string, unknown> } };
  return { message, code: cause.code, told: cause.message, details: cause.details };
}

const actionsOf = async (userId: string) =>
  (await deps.db.prisma.activity.findMany({ where: { userId }, orderBy: { number: 'asc' } })).map(
    ({ entity, action }) => `${entity} ${action}`,
  );

it('the WebAuthn user handle is the bytes of the user id', () => {
  const id = randomUUID();
  expect(fromUserHandle(Buffer.from(toUserHandle(id)).toString('base64url'))).toBe(id);
  for (const handle of ['', 'x', 'AAAA', Buffer.alloc(16, 1).toString('base64url')])
    expect(fromUserHandle(handle)).toBeNull();
});

describe('adding a passkey', () => {
  it('returns recovery codes with the first one, and requests the required authenticator options', async () => {
    const { api, email, user } = await signUpVerified(deps);
    const device = softAuthenticator();
    const options = await api.passkeys.registrationOptions();
    expect(options).toMatchObject({
      rp: { id: 'localhost', name: 'ALICE' },
      user: { name: email, displayName: 'Ada' },
      excludeCredentials: [],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      attestation: 'none',
    });
    const first = await api.passkeys.register({ name: 'Phone', response: device.create(options) });
    expect(first.passkey).toMatchObject({ name: 'Phone', backedUp: false, lastUsedAt: null, version: 1 });
    expect(first.recoveryCodes).toHaveLength(10);
    const second = await addPasskey(api, softAuthenticator(), 'Key');
    expect(second.recoveryCodes).toBeNull();
    expect((await api.passkeys.list()).items.map(({ name }) => name)).toEqual(['Key', 'Phone']);
    const { excludeCredentials } = await api.passkeys.registrationOptions();
    expect(excludeCredentials.map(({ id }) => id)).toContain(device.credentialId);
    expect(jobs.mailsTo(email).filter(({ kind }) => kind === 'second-factor-changed')).toHaveLength(2);
    expect(await actionsOf(user.id)).toContain('passkey register');
    expect(await api.secondFactor.status()).toMatchObject({ passkeys: 2, recoveryCodesLeft: 10 });
  });

  it('accepts a response only to its own challenge, in time, once, and from our origin', async () => {
    const { api } = await signUp(deps);
    const stranger = await signUp(deps);
    const device = softAuthenticator();
    const register = (response: ReturnType<Authenticator['create']>) =>
      api.passkeys.register({ name: 'Phone', response });
    const options = () => api.passkeys.registrationOptions();

    await expect(register(device.create(await stranger.api.passkeys.registrationOptions()))).rejects.toMatchObject(
      unfit,
    );
    await expect(
      register(device.create({ ...(await options()), challenge: (await ask()).challenge })),
    ).rejects.toMatchObject(unfit);
    await expect(register(device.create({ ...(await options()), challenge: 'AAAA' }))).rejects.toMatchObject(unfit);
    await expect(register(device.create(await options(), { origin: 'https://evil.example' }))).rejects.toMatchObject(
      unfit,
    );
    await expect(register(device.create({ ...(await options()), rp: { id: 'evil.example' } }))).rejects.toMatchObject(
      unfit,
    );
    await expect(register(device.create(await options(), { isUserVerified: false }))).rejects.toMatchObject(unfit);
    const torn = device.create(await options());
    const attestationObject = `${torn.response.attestationObject.slice(0, -40)}AAAA`;
    await expect(register({ ...torn, response: { ...torn.response, attestationObject } })).rejects.toMatchObject(unfit);
    const late = device.create(await options());
    clock.advance({ minutes: 4, seconds: 59 });
    const good = device.create(await options());
    clock.advance({ seconds: 1 });
    // The session is no longer fresh by now, which is looked at first.
    await expect(register(late)).rejects.toMatchObject(refusedWith('FRESH_SIGN_IN_REQUIRED'));
    await api.auth.confirm({ password: testPassword });
    await expect(register(late)).rejects.toMatchObject(unfit);
    expect((await register(good)).passkey.name).toBe('Phone');
    await expect(register(good)).rejects.toMatchObject(refusedWith('VALIDATION_FAILED'));
    expect((await api.passkeys.list()).items).toHaveLength(1);
  });

  it('refuses a credential that the user added before, even if it was removed', async () => {
    const { api, device, passkey } = await signUpWithPasskey();
    const taken = { cause: { code: 'CONFLICT', errors: [{ path: 'response' }] } };
    await expect(addPasskey(api, device)).rejects.toMatchObject(taken);
    await api.passkeys.remove({ id: passkey.id });
    await expect(addPasskey(api, device)).rejects.toMatchObject(taken);
    expect((await api.passkeys.list()).items).toEqual([]);
    // A person's passkeys are nobody else's business.
    const other = await signUp(deps);
    expect((await addPasskey(other.api, device)).passkey.name).toBe('Phone');
  });

  it('is limited to 20', { timeout: 60_000 }, async () => {
    const { api } = await signUp(deps);
    const early = softAuthenticator().create(await api.passkeys.registrationOptions());
    for (let count = 0; count < 20; count += 1) await addPasskey(api, softAuthenticator());
    await expect(api.passkeys.registrationOptions()).rejects.toMatchObject(refusedWith('CONFLICT'));
    await expect(api.passkeys.register({ name: 'One more', response: early })).rejects.toMatchObject(
      refusedWith('CONFLICT'),
    );
    const { items } = await api.passkeys.list();
    expect(items).toHaveLength(20);
    await api.passkeys.remove({ id: items[0]?.id ?? '' });
    await addPasskey(api, softAuthenticator());
  });

  it('requires recent authentication', async () => {
    const { api, passkey } = await signUpWithPasskey();
    clock.advance({ minutes: 6 });
    const stale = refusedWith('FRESH_SIGN_IN_REQUIRED');
    await expect(api.passkeys.registrationOptions()).rejects.toMatchObject(stale);
    await expect(api.passkeys.remove({ id: passkey.id })).rejects.toMatchObject(stale);
  });
});

describe('passkeys', () => {
  it('can be renamed and removed only by their owner', async () => {
    const { api, passkey, device, email, user } = await signUpWithPasskey();
    const stranger = await signUp(deps);
    const missing = refusedWith('NOT_FOUND');
    await expect(stranger.api.passkeys.rename({ id: passkey.id, name: 'Mine' })).rejects.toMatchObject(missing);
    await expect(stranger.api.passkeys.remove({ id: passkey.id })).rejects.toMatchObject(missing);
    const renamed = await api.passkeys.rename({ id: passkey.id, name: 'Laptop', expectedVersion: 1 });
    expect(renamed).toMatchObject({ id: passkey.id, name: 'Laptop', version: 2 });
    await expect(api.passkeys.rename({ id: passkey.id, name: 'x', expectedVersion: 1 })).rejects.toMatchObject(
      refusedWith('STALE_VERSION'),
    );
    await api.passkeys.remove({ id: passkey.id });
    await expect(api.passkeys.remove({ id: passkey.id })).rejects.toMatchObject(missing);
    await expect(api.passkeys.rename({ id: passkey.id, name: 'x' })).rejects.toMatchObject(missing);
    expect((await api.passkeys.list()).items).toEqual([]);
    await expect(signIn(device.get(await ask()))).rejects.toMatchObject(wrong);
    expect((await anyone().auth.login({ email, password: testPassword })).user.id).toBe(user.id);
    expect(await deps.db.prisma.recoveryCode.count({ where: { userId: user.id } })).toBe(0);
  });

  it('cannot be removed if it is the last one and the password is too short to be used alone', async () => {
    const { api, passkey, user } = await signUpWithPasskey();
    await deps.db.prisma.user.update({ where: { id: user.id }, data: { passwordStandsAlone: false } });
    await expect(api.passkeys.remove({ id: passkey.id })).rejects.toMatchObject(refusedWith('CONFLICT'));
    await addPasskey(api, softAuthenticator());
    expect(await api.passkeys.remove({ id: passkey.id })).toEqual({ ok: true });
    expect(await deps.db.prisma.recoveryCode.count({ where: { userId: user.id } })).toBe(10);
  });
});

describe('sign-in with a passkey alone', () => {
  it('needs no password, and writes an activity entry like any sign-in', async () => {
    const { api, device, user, email } = await signUpWithPasskey();
    const options = await ask();
    expect(options).toMatchObject({ rpId: 'localhost', allowCredentials: [], userVerification: 'required' });
    const signedIn = await signIn(device.get(options));
    expect(signedIn.user.id).toBe(user.id);
    expect((await callAs(deps, signedIn.tokens.accessToken).users.me()).id).toBe(user.id);
    expect(await actionsOf(user.id)).toContain('session login');
    expect((await api.passkeys.list()).items[0]?.lastUsedAt).toBe(clock.now().toISOString());
    // From where the person has been before: no mail.
    expect(jobs.mailsTo(email).filter(({ kind }) => kind === 'new-sign-in')).toEqual([]);
    const request = await requestContext(deps, null);
    const far = { ...request, request: { ...request.request, address: '198.51.100.7' } };
    const response = device.get(await ask());
    await createCaller(far).passkeys.signIn({ response });
    expect(jobs.mailsTo(email)).toContainEqual(
      expect.objectContaining({ kind: 'new-sign-in', address: '198.51.100.7' }),
    );
    // Fresh: it showed who is there.
    expect((await callAs(deps, signedIn.tokens.accessToken).totp.enroll()).secret).toBeTruthy();
  });

  it('refuses with the same message: unknown, foreign, removed, disabled, forged, expired, used, other origin, unverified', async () => {
    const { device, user } = await signUpWithPasskey();
    const other = await signUpWithPasskey();
    const disabled = await signUpWithPasskey();
    await deps.db.prisma.user.update({ where: { id: disabled.user.id }, data: { disabledAt: clock.now() } });
    const nobody = softAuthenticator();
    nobody.create({ challenge: 'x', rp: { id: 'localhost' }, user: { id: 'AAAAAAAAcAAAAAAAAAAAAA' } });
    const late = device.get(await ask());
    const used = device.get(await ask());
    await signIn(used);
    clock.advance({ minutes: 4 });
    const usedLater = device.get(await ask());
    clock.advance({ minutes: 1 });
    await signIn(usedLater);
    const genuine = device.get(await ask());
    const respond = (change: Partial<Answer['response']>) => ({
      ...genuine,
      response: { ...genuine.response, ...change },
    });
    const theirs = other.device.get(await ask());

    const attempts: Answer[] = [
      nobody.get(await ask()),
      disabled.device.get(await ask()),
      late,
      used,
      usedLater,
      device.get({ ...(await ask()), challenge: 'AAAA' }),
      device.get({ ...(await ask()), rpId: 'evil.example' }),
      device.get(await ask(), { origin: 'https://evil.example' }),
      device.get(await ask(), { origin: 'http://localhost:8001' }),
      device.get(await ask(), { isUserVerified: false }),
      respond({ signature: theirs.response.signature }),
      respond({ authenticatorData: theirs.response.authenticatorData.slice(0, -1) }),
      respond({ clientDataJSON: theirs.response.clientDataJSON }),
      respond({ clientDataJSON: 'AAAA' }),
      respond({ clientDataJSON: Buffer.from('null').toString('base64url') }),
      respond({ userHandle: theirs.response.userHandle }),
      respond({ userHandle: 'AAAA' }),
      { ...genuine, id: theirs.id, rawId: theirs.rawId },
      { ...genuine, rawId: theirs.rawId },
    ];
    const told = [];
    for (const attempt of attempts) told.push(await refusal(signIn(attempt)));
    expect(new Set(told.map((reply) => JSON.stringify(reply))).size).toBe(1);
    expect(told[0]?.code).toBe('INVALID_CREDENTIALS');
    // None of this used up the genuine one, or looked like a copy.
    expect((await signIn(genuine)).user.id).toBe(user.id);
    expect(await actionsOf(user.id)).not.toContain('passkey passkey_cloned');
  });

  it('accepts a challenge once, however many responses arrive at once, and stores nothing for unanswered challenges', async () => {
    const { device } = await signUpWithPasskey();
    const used = () => deps.db.prisma.usedChallenge.count();
    const before = await used();
    for (let count = 0; count < 50; count += 1) await ask();
    await signIn(device.get(await ask(), { isUserVerified: false })).catch(() => undefined);
    expect(await used()).toBe(before);
    const options = await ask();
    const answers = Array.from({ length: 6 }, () => device.get(options));
    const settled = await Promise.allSettled(answers.map((response) => signIn(response)));
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await used()).toBe(before + 1);
  });

  it('returns the same session to the same request', async () => {
    const { device, user } = await signUpWithPasskey();
    const response = device.get(await ask());
    const replies = await Promise.all(Array.from({ length: 5 }, () => signIn(response, 'passkey-once')));
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
    expect(await signIn(response, 'passkey-once')).toEqual(replies[0]);
    await expect(signIn(response, 'another')).rejects.toMatchObject(wrong);
    expect(await deps.db.prisma.session.count({ where: { userId: user.id } })).toBe(2);
    expect(await actionsOf(user.id)).not.toContain('passkey passkey_cloned');
  });

  it('refuses a copied passkey, and writes an activity entry', async () => {
    const { device, user } = await signUpWithPasskey(softAuthenticator({ counter: 5 }));
    await signIn(device.get(await ask()));
    for (const counter of [5, 4, 0]) {
      const response = device.get(await ask(), { counter });
      await expect(signIn(response), String(counter)).rejects.toMatchObject(wrong);
    }
    expect((await actionsOf(user.id)).filter((line) => line === 'passkey passkey_cloned').length).toBeGreaterThan(0);
    // A forged one that nobody's key signed leaves none.
    const forged = device.get(await ask(), { counter: 3 });
    const before = (await actionsOf(user.id)).length;
    const response = { ...forged.response, signature: device.get(await ask()).response.signature };
    await expect(signIn({ ...forged, response })).rejects.toMatchObject(wrong);
    expect(await actionsOf(user.id)).toHaveLength(before);
    expect((await signIn(device.get(await ask()))).user.id).toBe(user.id);
  });

  it('works with authenticators that have no signature counter', async () => {
    const { device, user } = await signUpWithPasskey(softAuthenticator({ counter: null }));
    for (let count = 0; count < 3; count += 1) expect((await signIn(device.get(await ask()))).user.id).toBe(user.id);
  });
});

describe('sign-in with a password and a passkey', () => {
  const ticketFor = async (email: string) => {
    const { details } = await refusal(anyone().auth.login({ email, password: testPassword }));
    expect(details?.['methods']).toEqual(['passkey', 'recoveryCode']);
    return String(details?.['ticket']);
  };

  it('accepts a passkey as the second factor of its owner only', async () => {
    const { device, email, user, recoveryCodes } = await signUpWithPasskey();
    const other = await signUpWithPasskey();
    const ticket = await ticketFor(email);
    const show = (passkey: Answer) => anyone().secondFactor.signIn({ ticket, passkey });
    await expect(show(other.device.get(await ask()))).rejects.toMatchObject(wrong);
    await expect(show(device.get(await ask(), { origin: 'https://evil.example' }))).rejects.toMatchObject(wrong);
    const answer = device.get(await ask());
    expect((await show(answer)).user.id).toBe(user.id);
    await expect(show(answer)).rejects.toMatchObject(wrong);
    // What was used there is used here, too.
    await expect(signIn(answer)).rejects.toMatchObject(wrong);
    const lost = await anyone().secondFactor.signIn({
      ticket: await ticketFor(email),
      recoveryCode: recoveryCodes?.[0] ?? '',
    });
    expect(lost.user.id).toBe(user.id);
  });

  it('accepts either a passkey or an authenticator app', async () => {
    const { api, device, email, user } = await signUpWithPasskey();
    const { secret } = await api.totp.enroll();
    const code = () => codeAt(secret, clock.now());
    expect(await api.totp.confirm({ code: code() })).toEqual({ recoveryCodes: null });
    clock.advance({ seconds: 30 });
    const { details } = await refusal(anyone().auth.login({ email, password: testPassword }));
    expect(details?.['methods']).toEqual(['totp', 'passkey', 'recoveryCode']);
    const ticket = String(details?.['ticket']);
    expect((await anyone().secondFactor.signIn({ ticket, code: code() })).user.id).toBe(user.id);
    await api.totp.remove();
    expect((await api.secondFactor.status()).recoveryCodesLeft).toBe(10);
    expect((await signIn(device.get(await ask()))).user.id).toBe(user.id);
  });
});

describe('re-authentication', () => {
  it('accepts a passkey alone, for this session only', async () => {
    const { api, device, user } = await signUpWithPasskey();
    const elsewhere = callAs(deps, (await signIn(device.get(await ask()))).tokens.accessToken);
    const stranger = await signUpWithPasskey();
    clock.advance({ minutes: 6 });
    const stale = refusedWith('FRESH_SIGN_IN_REQUIRED');
    await expect(api.totp.enroll()).rejects.toMatchObject(stale);
    const options = await api.passkeys.confirmOptions();
    expect(options.allowCredentials.map(({ id }) => id)).toEqual([device.credentialId]);
    const confirm = (response: Answer) => api.passkeys.confirm({ response });
    await expect(confirm(device.get(await ask()))).rejects.toMatchObject(wrong);
    await expect(confirm(device.get(await elsewhere.passkeys.confirmOptions()))).rejects.toMatchObject(wrong);
    await expect(confirm(stranger.device.get(options))).rejects.toMatchObject(wrong);
    await expect(signIn(device.get(options))).rejects.toMatchObject(wrong);
    await expect(api.totp.enroll()).rejects.toMatchObject(stale);
    const answer = device.get(options);
    expect(await confirm(answer)).toEqual({ ok: true });
    expect((await api.totp.enroll()).secret).toBeTruthy();
    await expect(elsewhere.totp.enroll()).rejects.toMatchObject(stale);
    await expect(confirm(answer)).rejects.toMatchObject(wrong);
    expect(await actionsOf(user.id)).toContain('session confirm');
  });

  it('records a copied passkey also with an idempotency key, whose transaction is rolled back', async () => {
    const { api, email, tokens, device, user } = await signUpWithPasskey(softAuthenticator({ counter: 5 }));
    await signIn(device.get(await ask()));
    const keyed = callAs(deps, tokens.accessToken, 'hide-me');
    const copied = device.get(await api.passkeys.confirmOptions(), { counter: 5 });
    await expect(keyed.passkeys.confirm({ response: copied })).rejects.toMatchObject(wrong);
    const sent = jobs.sent.flatMap(({ data }) => ('action' in data && data.email === email ? [data] : []));
    expect(sent).toHaveLength(1);
    for (const data of sent) await recordFailedSignIn(deps, { id: randomUUID(), data });
    const lines = await deps.db.prisma.activity.findMany({ where: { userId: user.id, action: 'passkey_cloned' } });
    const [passkey] = (await api.passkeys.list()).items;
    expect(lines).toMatchObject([{ entity: 'passkey', entityId: passkey?.id, after: { address: '192.0.2.1' } }]);
    expect(lines[0]?.sessionId).toBe((await deps.tokens.verifyAccess(tokens.accessToken)).sessionId);
  });

  it('accepts the password together with a passkey', async () => {
    const { api, device } = await signUpWithPasskey();
    clock.advance({ minutes: 6 });
    const { details } = await refusal(api.auth.confirm({ password: testPassword }));
    const ticket = String(details?.['ticket']);
    const show = (passkey: Answer) => api.secondFactor.confirm({ ticket, passkey });
    await expect(show(device.get(await ask()))).rejects.toMatchObject(wrong);
    expect(await show(device.get(await api.passkeys.confirmOptions()))).toEqual({ ok: true });
    expect((await api.totp.enroll()).secret).toBeTruthy();
  });
});
