import { randomUUID } from 'node:crypto';
import { testDatabase, testRounds } from '@alice/db/testing';
import { afterEach, expect, it, vi } from 'vitest';
import { guessBudgets, guessSettings } from '../../platform/rate-limits/guess-budgets.ts';
import { createGuessLimiter } from '../../platform/rate-limits/guesses.ts';
import { createCaller } from '../../root.ts';
import { recordedJobs, recordedPasswords, signInFrom, signUp, testDeps, testPassword } from '../../testing/index.ts';
import { createRequestContext, plainRequest } from '../sessions/create-request-context.ts';

/** A quarter of the required number: TEST_ROUNDS=4 runs all of them. */
const guesses = 2500 * testRounds();
const addresses = 50;
const dayMs = 86_400_000;
const secret = 'a key that only the tests of this project ever use';

afterEach(() => void vi.useRealTimers());

it('of 10,000 guesses from 50 addresses in a day at most 100 reach the hash, and the owner is not affected', {
  timeout: 120_000 * testRounds(),
}, async () => {
  // The windows end by `Date.now`; nothing else of this test needs the time.
  vi.useFakeTimers({ toFake: ['Date'] });
  const startedAt = Date.now();
  await using db = await testDatabase();
  const plain = await testDeps(db);
  const passwords = recordedPasswords(plain.passwords);
  const deps = { ...plain, passwords, guesses: createGuessLimiter({ secret }) };
  const owner = await signUp(deps);

  const answers = new Map<string | null, number>();
  for (let count = 0; count < guesses; count += 1) {
    vi.setSystemTime(startedAt + (count * dayMs) / guesses);
    const answer = await signInFrom(deps, `203.0.113.${count % addresses}`, {
      email: owner.email,
      password: `guess number ${count}`,
    });
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
    if (count % 250 !== 0) continue;
    expect((await owner.api.users.me()).email).toBe(owner.email);
    // From where they signed up.
    expect(await signInFrom(deps, '192.0.2.1', { email: owner.email, password: testPassword })).toBeNull();
  }

  const reached = passwords.asked.filter((password) => password !== testPassword).length;
  expect(reached).toBeGreaterThan(0);
  expect(reached).toBeLessThanOrEqual(100);
  expect(Object.fromEntries(answers)).toEqual({
    INVALID_CREDENTIALS: reached,
    TOO_MANY_REQUESTS: guesses - reached,
  });
});

it('refuses in the same way with and without an account, and before hashing', async () => {
  await using db = await testDatabase();
  const plain = await testDeps(db);
  const passwords = recordedPasswords(plain.passwords);
  const deps = { ...plain, passwords, guesses: createGuessLimiter({ secret }) };
  const owner = await signUp(deps);
  const answersTo = async (email: string) => {
    const answers: (string | null)[] = [];
    for (let count = 0; count < 22; count += 1) {
      answers.push(await signInFrom(deps, `198.51.100.${count}`, { email, password: 'not the right one' }));
    }
    return answers;
  };
  const answers = await answersTo(owner.email);
  expect(answers).toEqual([
    ...Array<string>(20).fill('INVALID_CREDENTIALS'),
    ...Array<string>(2).fill('TOO_MANY_REQUESTS'),
  ]);
  expect(await answersTo('nobody@example.com')).toEqual(answers);
  expect(passwords.asked).toHaveLength(40);
  // Not even the right one is looked at then.
  expect(await signInFrom(deps, '198.51.100.200', { email: owner.email, password: testPassword })).toBe(
    'TOO_MANY_REQUESTS',
  );
  expect(passwords.asked).toHaveLength(40);
});

it("attempts from the user's own network also use up the limit for other networks, with and without an account", async () => {
  await using db = await testDatabase();
  const plain = await testDeps(db);
  const owner = await signUp(plain);
  const answersTo = async (email: string) => {
    const deps = { ...plain, guesses: createGuessLimiter({ secret }) };
    const answers: (string | null)[] = [];
    for (let count = 0; count < 20; count += 1)
      answers.push(await signInFrom(deps, '192.0.2.1', { email, password: 'not the right one' }));
    answers.push(await signInFrom(deps, '198.51.100.7', { email, password: 'not the right one' }));
    return answers;
  };
  const answers = await answersTo(owner.email);
  expect(answers).toEqual([...Array<string>(20).fill('INVALID_CREDENTIALS'), 'TOO_MANY_REQUESTS']);
  expect(await answersTo('nobody@example.com')).toEqual(answers);
});

it('re-authentication in a session works from anywhere, however many strangers guess, within a limit', async () => {
  await using db = await testDatabase();
  const deps = { ...(await testDeps(db)), guesses: createGuessLimiter({ secret }) };
  const { email, tokens } = await signUp(deps);
  for (let count = 0; count < 21; count += 1)
    await signInFrom(deps, `198.51.100.${count}`, { email, password: 'not the right one' });
  const authorization = `Bearer ${tokens.accessToken}`;
  const confirmFrom = (address: string, password: string) => {
    const request = plainRequest({ id: randomUUID(), log: deps.log, authorization, address, userAgent: 'tests' });
    return createCaller(() => createRequestContext(deps, request)).auth.confirm({ password });
  };
  expect(await confirmFrom('203.0.113.1', testPassword)).toEqual({ ok: true });
  for (let count = 0; count < 20; count += 1)
    await expect(confirmFrom(`203.0.113.${count}`, 'not the right one')).rejects.toMatchObject({
      cause: { code: 'INVALID_CREDENTIALS' },
    });
  await expect(confirmFrom('203.0.113.200', testPassword)).rejects.toMatchObject({
    cause: { code: 'TOO_MANY_REQUESTS' },
  });
});

it('responds the same, and records no more, after the maximum of recorded failures', async () => {
  await using db = await testDatabase();
  const jobs = recordedJobs();
  const budgets = {
    ...guessBudgets(guessSettings),
    note: [{ name: 'h', whose: 'account', points: 2, seconds: 60 } as const],
  };
  const deps = await testDeps(db, { jobs, guesses: createGuessLimiter({ secret, budgets }) });
  const { email } = await signUp(deps);
  for (let count = 0; count < 4; count += 1) {
    const answer = await signInFrom(deps, `198.51.100.${count}`, { email, password: 'not the right one' });
    expect(answer).toBe('INVALID_CREDENTIALS');
  }
  expect(jobs.sent.filter(({ name }) => name === 'failed-sign-in')).toHaveLength(2);
});
