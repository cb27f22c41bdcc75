import { createHash, randomUUID } from 'node:crypto';
import type { RunQuery } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import type { Guess } from '../../platform/rate-limits/guesses.ts';
import { createCaller } from '../../root.ts';
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
import { createRequestContext, plainRequest } from '../sessions/create-request-context.ts';

let base: Deps;
let deps: Deps;
let clock: TestClock;
let jobs: ReturnType<typeof recordedJobs>;
let guesses: (Guess & { isRight: boolean })[];

beforeAll(async () => {
  clock = testClock();
  base = await testDeps(await testDatabase(), { clock });
});
beforeEach(() => {
  jobs = recordedJobs();
  guesses = [];
  const count: Deps['guesses']['count'] = async (guess) => {
    const counted = { ...guess, isRight: false };
    guesses.push(counted);
    return {
      giveBack: async () => {
        counted.isRight = true;
      },
    };
  };
  deps = { ...base, jobs, guesses: { count } };
});
afterAll(() => base.db.close());

function login(email: string, password: string, address: string | null = '192.0.2.1') {
  const facts = { id: randomUUID(), log: deps.log, authorization: null, userAgent: 'another browser', address };
  return createCaller(() => createRequestContext(deps, plainRequest(facts))).auth.login({ email, password });
}
const passwordGuesses = () => guesses.filter(({ kind }) => kind === 'password');

it('a sign-in from a new network is notified by email, once', async () => {
  const { email } = await signUpVerified(deps);
  const told = () => jobs.mailsTo(email).filter(({ kind }) => kind === 'new-sign-in');
  await login(email, testPassword);
  await login(email, testPassword, null);
  expect(told()).toEqual([]);
  await login(email, testPassword, '2001:db8:1:2:3::4');
  expect(told()).toEqual([
    {
      to: email,
      name: 'Ada',
      kind: 'new-sign-in',
      at: clock.now().toISOString(),
      address: '2001:db8:1:2:3::4',
      userAgent: 'another browser',
    },
  ]);
  // Another address of the same /64, and the same one written in another way.
  for (const address of ['2001:db8:1:2:ffff::9', '2001:0DB8:1:2::1', '::ffff:192.0.2.1'])
    await login(email, testPassword, address);
  expect(told()).toHaveLength(1);
  await login(email, testPassword, '2001:db8:1:3::4');
  await login(email, testPassword, '192.0.2.2');
  expect(told()).toHaveLength(3);
});

/** Other sessions of a person: `count` of them, begun before or after all that there are, at an address. */
async function addSessions(userId: string, count: number, when: 'before' | 'after', address: string): Promise<void> {
  const first = when === 'before' ? '00000000-0000-7000-8000-' : 'ffffffff-ffff-7fff-8fff-';
  await deps.db.query(
    {
      text: `INSERT INTO sessions (user_id, id, refresh_hash, address, created_at, rotated_at, expires_at, updated_at)
             SELECT $1, ($2 || lpad(n::text, 12, '0'))::uuid, '', $3, now(), now(), now(), now()
               FROM generate_series(1, $4::int) n`,
    },
    [userId, first, address, count],
  );
}

it.each([
  [199, 0],
  [200, 1],
])('a network is known if it is among the newest 200 sessions: after %i others, %i emails', async (count, expected) => {
  const { email, user } = await signUpVerified(deps);
  await addSessions(user.id, count, 'after', '198.51.100.1');
  await login(email, testPassword);
  expect(jobs.mailsTo(email).filter(({ kind }) => kind === 'new-sign-in')).toHaveLength(expected);
});

it('reads at most those sessions of a user with ten thousand, among users with few', async () => {
  const { email, user } = await signUp(deps);
  await deps.db.query(
    {
      text: `INSERT INTO users
             SELECT (jsonb_populate_record(u, jsonb_build_object('id', gen_random_uuid(), 'email', n || '@few.example'))).*
               FROM users u, generate_series(1, 1000) n WHERE u.id = $1`,
    },
    [user.id],
  );
  const fewEach = `
    INSERT INTO sessions (user_id, id, refresh_hash, user_agent, created_at, rotated_at, expires_at, updated_at)
    SELECT id, gen_random_uuid(), '', repeat('x', 100), now(), now(), now(), now()
      FROM users, generate_series(1, 5) WHERE email LIKE '%@few.example' ORDER BY random()`;
  for (const text of [fewEach, 'ANALYZE users', 'ANALYZE sessions']) await deps.db.query({ text }, []);
  await addSessions(user.id, 10_000, 'after', '198.51.100.1');

  const texts: string[] = [];
  const query: RunQuery = (statement, values) => {
    if (statement.name === 'auth.claimant') texts.push(statement.text);
    return base.db.query(statement, values);
  };
  deps = { ...deps, db: { ...base.db, query } };
  await login(email, testPassword);
  const plan = await base.db.query<{ 'QUERY PLAN': string }>({ text: `EXPLAIN ANALYZE ${texts[0]}` }, [
    email,
    '203.0.113.9',
  ]);
  const [scan] = plan.map((row) => row['QUERY PLAN']).filter((line) => line.includes(' on sessions '));
  expect(scan).toMatch(/Index Scan Backward using sessions_pkey .*actual time=\S+ rows=200(\.00)? loops=1/);
});

it('a login with an idempotency key stores no fast hash of the password', async () => {
  const { email, user } = await signUp(deps);
  const input = { email, password: testPassword };
  for (const _ of [1, 2]) await callAs(deps, null, 'key').auth.login(input);
  const [session, ...others] = await deps.db.prisma.session.findMany({ where: { userId: user.id, startKey: 'key' } });
  expect(others).toEqual([]);
  expect(session?.startHash).toHaveLength(32);
  const quick = createHash('sha256')
    .update(`auth.login ${JSON.stringify(input)}`)
    .digest();
  expect(Buffer.from(session?.startHash ?? []).equals(quick)).toBe(false);
});

it('an IPv6 address with a zone locks nobody out', async () => {
  const { email } = await signUp(deps);
  for (const _ of [1, 2]) expect((await login(email, testPassword, 'fe80::1%eth0')).user.email).toBe(email);
});

it('every attempt is consumed before it is checked, and refunded if it is correct', async () => {
  const { email, user } = await signUp(deps);
  const unknown = `${randomUUID()}@example.com`;
  await login(email, testPassword);
  await login(email, 'not the right one', '198.51.100.7').catch(() => null);
  await login(unknown, testPassword).catch(() => null);
  await deps.db.prisma.user.update({ where: { id: user.id }, data: { disabledAt: clock.now() } });
  await login(email, testPassword).catch(() => null);
  const known = { kind: 'password', address: '192.0.2.1', account: email, isKnownNetwork: true };
  expect(passwordGuesses()).toEqual([
    { ...known, isRight: true },
    { ...known, address: '198.51.100.7', isKnownNetwork: false, isRight: false },
    { ...known, account: unknown, isKnownNetwork: false, isRight: false },
    { ...known, isRight: false },
  ]);
});

it('a failed login is recorded in the same way for existing, unknown and disabled accounts', async () => {
  const { email, user } = await signUp(deps);
  const unknown = `${randomUUID()}@example.com`;
  const before = jobs.sent.length;
  await login(email, 'not the right one').catch(() => null);
  await login(unknown, 'not the right one').catch(() => null);
  await deps.db.prisma.user.update({ where: { id: user.id }, data: { disabledAt: clock.now() } });
  await login(email, testPassword).catch(() => null);
  const data = { address: '192.0.2.1', userAgent: 'another browser', at: clock.now().toISOString() };
  expect(jobs.sent.slice(before)).toEqual(
    [email, unknown, email].map((of) => ({ name: 'failed-sign-in', data: { email: of, ...data } })),
  );
});

it('a login that was refused for lack of capacity consumes no attempt', async () => {
  const { email } = await signUp(deps);
  const busy = async () => Promise.reject(new Error('busy'));
  deps = { ...deps, passwords: { ...deps.passwords, verify: busy } };
  await expect(login(email, testPassword)).rejects.toThrow('busy');
  expect(passwordGuesses()).toMatchObject([{ isRight: true }]);
});
