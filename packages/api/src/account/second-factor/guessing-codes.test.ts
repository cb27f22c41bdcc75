import { randomUUID } from 'node:crypto';
import { testDatabase } from '@alice/db/testing';
import { afterEach, expect, it, vi } from 'vitest';
import type { Deps } from '../../deps.ts';
import { DomainError, type ErrorCode } from '../../errors/domain-error.ts';
import { createGuessLimiter } from '../../platform/rate-limits/guesses.ts';
import { createCaller } from '../../root.ts';
import { codeAt, signUp, testClock, testDeps, testPassword } from '../../testing/index.ts';
import { createRequestContext, plainRequest } from '../sessions/create-request-context.ts';

const secret = 'a key that only the tests of this project ever use';
const minuteMs = 60_000;
const home = '192.0.2.1';
const office = '192.0.2.200';

afterEach(() => void vi.useRealTimers());

/** A person with an authenticator app who has signed in at home and at the office, and whose password somebody knows. */
async function guarded() {
  vi.useFakeTimers({ toFake: ['Date'] });
  const startedAt = Date.now();
  const clock = testClock(new Date(startedAt).toISOString());
  const db = await testDatabase();
  const deps = { ...(await testDeps(db, { clock })), guesses: createGuessLimiter({ secret }) };
  const owner = await signUp(deps);
  const { secret: appSecret } = await owner.api.totp.enroll();
  const { recoveryCodes } = await owner.api.totp.confirm({ code: codeAt(appSecret, clock.now()) });
  const pass = (ms: number) => {
    clock.advance({ seconds: ms / 1000 });
    vi.setSystemTime(clock.now());
  };
  const from = (address: string, accessToken: string | null = null) => callFrom(deps, address, accessToken);
  /** Signs in with the password and then this. Gives the code of the refusal; null when it was let in. */
  const signIn = async (address: string, shown: { code?: string; recoveryCode?: string }) => {
    const { email } = owner;
    const login = await outcome(from(address).auth.login({ email, password: testPassword }));
    const ticket = String(login.details?.['ticket']);
    return (await outcome(from(address).secondFactor.signIn({ ticket, ...shown }))).code;
  };
  const rightCode = () => {
    pass(30_000);
    return { code: codeAt(appSecret, clock.now()) };
  };
  for (const address of [home, office]) expect(await signIn(address, rightCode())).toBeNull();
  return { deps, owner, pass, from, signIn, rightCode, recoveryCode: recoveryCodes?.[0] ?? '' };
}

function callFrom(deps: Deps, address: string, accessToken: string | null) {
  const authorization = accessToken === null ? null : `Bearer ${accessToken}`;
  const facts = { id: randomUUID(), log: deps.log, authorization, address, userAgent: 'tests' };
  return createCaller(() => createRequestContext(deps, plainRequest(facts)));
}

interface Outcome {
  readonly code: ErrorCode | null;
  readonly details?: DomainError['details'];
}

async function outcome(call: Promise<unknown>): Promise<Outcome> {
  try {
    await call;
    return { code: null };
  } catch (error) {
    if (error instanceof Error && error.cause instanceof DomainError) return error.cause;
    throw error;
  }
}

const wrong = { code: '000000' };

/** How many of a thief's codes are looked at within most of a day, of one from each place every ten minutes. */
async function guessForADay(person: Awaited<ReturnType<typeof guarded>>, places: readonly string[]): Promise<number> {
  let lookedAt = 0;
  for (let round = 0; round < 140; round += 1) {
    for (const place of places) {
      const code = await person.signIn(place === 'anywhere' ? `203.0.113.${round}` : place, wrong);
      expect(code).toMatch(/^(INVALID_CREDENTIALS|TOO_MANY_REQUESTS)$/);
      if (code === 'INVALID_CREDENTIALS') lookedAt += 1;
    }
    person.pass(10 * minuteMs);
  }
  return lookedAt;
}

it('guesses by a thief of the password never lock the owner out of a second factor, from any network', async () => {
  const person = await guarded();
  expect(await guessForADay(person, ['anywhere'])).toBe(8);
  expect(await person.signIn('203.0.113.77', person.rightCode())).toBe('TOO_MANY_REQUESTS');
  expect(await person.signIn(home, person.rightCode())).toBeNull();
  expect(await person.signIn(office, person.rightCode())).toBeNull();
  await person.deps.db.close();
}, 120_000);

it("a thief in one of the owner's networks blocks codes from that network only, and never recovery codes", async () => {
  const person = await guarded();
  expect(await guessForADay(person, [home])).toBe(6);
  expect(await person.signIn(home, person.rightCode())).toBe('TOO_MANY_REQUESTS');
  expect(await person.signIn(office, person.rightCode())).toBeNull();
  expect(await person.signIn('203.0.113.77', person.rightCode())).toBeNull();
  expect(await person.signIn(home, { recoveryCode: person.recoveryCode })).toBeNull();
  await person.deps.db.close();
}, 120_000);

it("guesses at sign-in do not block re-authentication in the owner's session, and the reverse", async () => {
  const person = await guarded();
  const { owner, from, rightCode, signIn } = person;
  const confirm = async (address: string, shown: { code: string }) => {
    const api = from(address, owner.tokens.accessToken);
    const { details } = await outcome(api.auth.confirm({ password: testPassword }));
    return (await outcome(api.secondFactor.confirm({ ticket: String(details?.['ticket']), ...shown }))).code;
  };
  for (let count = 0; count < 20; count += 1) {
    await signIn(home, wrong);
    await signIn(`203.0.113.${count}`, wrong);
  }
  expect(await confirm(home, rightCode())).toBeNull();
  // Within the session itself as many count as elsewhere.
  const answers: (string | null)[] = [];
  for (let count = 0; count < 7; count += 1) answers.push(await confirm(`198.51.100.${count}`, wrong));
  expect(answers.filter((code) => code === 'INVALID_CREDENTIALS')).toHaveLength(5);
  expect(await confirm(home, rightCode())).toBe('TOO_MANY_REQUESTS');
  expect(await signIn(office, rightCode())).toBeNull();
  await person.deps.db.close();
}, 120_000);

it('a thief who uses every budget gets no more than twenty guesses a day, as with one budget', async () => {
  const person = await guarded();
  const { owner, from } = person;
  const inSession = async () => {
    const api = from(home, owner.tokens.accessToken);
    const { details, code } = await outcome(api.auth.confirm({ password: testPassword }));
    if (code !== 'SECOND_FACTOR_REQUIRED') return code;
    return (await outcome(api.secondFactor.confirm({ ticket: String(details?.['ticket']), ...wrong }))).code;
  };
  let confirmed = 0;
  for (let count = 0; count < 12; count += 1) {
    if ((await inSession()) === 'INVALID_CREDENTIALS') confirmed += 1;
    // The access token lives for a quarter of an hour.
    if (count === 5) person.pass(14 * minuteMs);
  }
  const elsewhere = await guessForADay(person, ['anywhere', home]);
  expect(confirmed + elsewhere).toBeLessThanOrEqual(20);
  await person.deps.db.close();
}, 120_000);
