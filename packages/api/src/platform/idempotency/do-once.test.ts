import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UserContext } from '../../context.ts';
import type { Deps } from '../../deps.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { createCaller } from '../../root.ts';
import {
  callAs,
  recordedPasswords,
  requestContext,
  signUp,
  type TestClock,
  testClock,
  testDeps,
  testPassword,
} from '../../testing/index.ts';
import { doOnce } from './do-once.ts';
import { purgeReplies } from './purge-replies.ts';

let deps: Deps;
let clock: TestClock;

beforeAll(async () => {
  clock = testClock();
  deps = await testDeps(await testDatabase(), { clock });
});
afterAll(() => deps.db.close());

async function person() {
  const { user, tokens, api } = await signUp(deps);
  const withKey = (key: string) => callAs(deps, tokens.accessToken, key);
  const linesOf = async () => {
    const statement = { text: 'SELECT number FROM activity WHERE user_id = $1 ORDER BY number' };
    return (await deps.db.query<{ number: number }>(statement, [user.id])).map(({ number }) => number);
  };
  const context = async (): Promise<UserContext> => {
    const { request, caller } = await requestContext(deps, tokens.accessToken);
    if (caller instanceof DomainError) throw caller;
    return { deps, request, user: caller };
  };
  return { user, tokens, api, withKey, linesOf, context };
}

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.then(
    () => 'it succeeded',
    (reason: unknown) => reason,
  );
  const cause = error instanceof Error && !(error instanceof DomainError) ? error.cause : error;
  return cause instanceof DomainError ? cause.code : String(error);
};

describe('a mutation with an idempotency key', () => {
  it('runs once, and returns the same bytes each time', async () => {
    const { withKey, linesOf } = await person();
    const before = await linesOf();
    const input = { title: 'Zahnarzt 🦷 \u2028 "', due: { date: '2026-12-01' } };
    const first = await withKey('a').tasks.create(input);
    const again = await withKey('a').tasks.create(input);
    expect(JSON.stringify(again)).toBe(JSON.stringify(first));
    expect((await linesOf()).length).toBe(before.length + 1);
    const other = await withKey('b').tasks.create(input);
    expect(other.id).not.toBe(first.id);
  });

  it('returns the stored response although the row has changed since', async () => {
    const { api, withKey } = await person();
    const created = await withKey('a').tasks.create({ title: 'first' });
    await api.tasks.update({ id: created.id, title: 'second' });
    expect(await withKey('a').tasks.create({ title: 'first' })).toEqual(created);
    expect((await api.tasks.get({ id: created.id })).title).toBe('second');
  });

  it.each(['another input', 'another procedure'])('is refused with %s', async (what) => {
    const { withKey, linesOf } = await person();
    const task = await withKey('a').tasks.create({ title: 'a' });
    const before = await linesOf();
    const call =
      what === 'another input'
        ? withKey('a').tasks.create({ title: 'b' })
        : withKey('a').tasks.complete({ id: task.id });
    expect(await codeOf(call)).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(await linesOf()).toEqual(before);
  });

  it('is separate for each user: another user can use the same key', async () => {
    const [one, other] = [await person(), await person()];
    const mine = await one.withKey('k').tasks.create({ title: 'x' });
    const theirs = await other.withKey('k').tasks.create({ title: 'x' });
    expect(theirs.id).not.toBe(mine.id);
  });

  it('can use the same key again after 24 hours', async () => {
    const { user, withKey } = await person();
    const first = await withKey('a').users.update({ name: 'Grace' });
    expect(await withKey('a').users.update({ name: 'Grace' })).toEqual(first);
    clock.advance({ hours: 24, seconds: 1 });
    const { tokens } = await callAs(deps, null).auth.login({ email: user.email, password: testPassword });
    const later = callAs(deps, tokens.accessToken, 'a');
    expect((await later.users.update({ name: 'Hopper' })).name).toBe('Hopper');
    expect(await codeOf(later.users.update({ name: 'Grace' }))).toBe('IDEMPOTENCY_KEY_REUSED');
    // What has expired is taken away from time to time.
    clock.advance({ hours: 25 });
    const { tokens: newest } = await callAs(deps, null).auth.login({ email: user.email, password: testPassword });
    await callAs(deps, newest.accessToken, 'b').users.update({ name: 'Ada' });
    expect(await purgeReplies(deps)).toBeGreaterThanOrEqual(1);
    const kept = await deps.db.query<{ key: string }>({ text: 'SELECT key FROM idempotency_keys WHERE user_id = $1' }, [
      user.id,
    ]);
    expect(kept).toEqual([{ key: 'b' }]);
  });
});

it('a call without a key is refused in a request that has one for another call', async () => {
  const { tokens, linesOf } = await person();
  const before = await linesOf();
  const ctx = await requestContext(deps, tokens.accessToken);
  const unkeyed = createCaller({ ...ctx, request: { ...ctx.request, idempotencyKeys: [] } });
  expect(await codeOf(unkeyed.tasks.create({ title: 'a' }))).toBe('VALIDATION_FAILED');
  expect(await codeOf(unkeyed.auth.login({ email: 'ada@example.com', password: testPassword }))).toBe(
    'VALIDATION_FAILED',
  );
  expect(await linesOf()).toEqual(before);
});

describe('failures with an idempotency key', () => {
  it('of the operation are stored and returned again, with the original request id', async () => {
    const { api, withKey, context } = await person();
    const task = await api.tasks.create({ title: 'a' });
    await api.tasks.update({ id: task.id, title: 'b' });
    const stale = { id: task.id, title: 'c', expectedVersion: 1 };
    expect(await codeOf(withKey('a').tasks.update(stale))).toBe('STALE_VERSION');
    // Version 1 never comes back; but the same answer must not depend on that.
    const ctx = await context();
    const request = { key: 'a', procedure: 'tasks.update', input: stale };
    const repeated = await doOnce(ctx, request, async () => 'not run').catch((error: unknown) => error);
    expect(repeated).toMatchObject({ code: 'STALE_VERSION', details: { currentVersion: 2, changedFields: ['title'] } });
    expect(repeated instanceof DomainError && repeated.requestId).not.toBe(ctx.request.id);
    expect(repeated instanceof DomainError && repeated.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('of the input are not stored: the corrected request can use the same key', async () => {
    const { withKey } = await person();
    expect(await codeOf(withKey('a').tasks.create({ title: '' }))).toMatch(/TRPCError|VALIDATION_FAILED/);
    expect((await withKey('a').tasks.create({ title: 'mended' })).title).toBe('mended');
  });

  it('that were unexpected roll everything back, and are not stored', async () => {
    const { context, linesOf, user } = await person();
    const before = await linesOf();
    const ctx = await context();
    const request = { key: 'a', procedure: 'x', input: {} };
    const broken = doOnce(ctx, request, async (db) => {
      await db.query({ text: 'UPDATE users SET name = $2 WHERE id = $1' }, [user.id, 'half done']);
      throw new DomainError('UNAVAILABLE');
    });
    expect(await codeOf(broken)).toBe('UNAVAILABLE');
    const [row] = await deps.db.query<{ name: string }>({ text: 'SELECT name FROM users WHERE id = $1' }, [user.id]);
    expect(row?.name).toBe('Ada');
    expect(await doOnce(ctx, request, async () => 'done')).toBe('done');
    expect(await linesOf()).toEqual(before);
  });

  it('leave nothing of the failed operation behind', async () => {
    const { context, user } = await person();
    const ctx = await context();
    const refused = doOnce(ctx, { key: 'a', procedure: 'x', input: {} }, async (db) => {
      await db.query({ text: 'UPDATE users SET name = $2 WHERE id = $1' }, [user.id, 'half done']);
      throw new DomainError('CONFLICT');
    });
    expect(await codeOf(refused)).toBe('CONFLICT');
    const [row] = await deps.db.query<{ name: string }>({ text: 'SELECT name FROM users WHERE id = $1' }, [user.id]);
    expect(row?.name).toBe('Ada');
  });
});

describe('concurrent requests with one key', () => {
  it('are refused while the first runs, and get its response later', async () => {
    const { context } = await person();
    const ctx = await context();
    const { promise, resolve } = Promise.withResolvers<string>();
    const request = { key: 'a', procedure: 'x', input: {} };
    const first = doOnce(ctx, request, () => promise);
    expect(await codeOf(doOnce(ctx, request, async () => 'second'))).toBe('IDEMPOTENCY_KEY_IN_USE');
    resolve('first');
    expect(await first).toBe('first');
    expect(await doOnce(ctx, request, async () => 'third')).toBe('first');
    expect(deps.runningKeys.size).toBe(0);
  });

  it('are refused in other processes too, by a lock that lasts as long as the transaction', async () => {
    const { context } = await person();
    const ctx = await context();
    const elsewhere: UserContext = { ...ctx, deps: { ...deps, runningKeys: new Set() } };
    const request = { key: 'a', procedure: 'x', input: {} };
    const first = doOnce(ctx, request, async (db) => {
      await db.query({ text: 'SELECT pg_sleep(1) AS "whileOthersAsk"' }, []);
      return 'first';
    });
    const asleep = {
      text: `SELECT FROM pg_stat_activity WHERE query LIKE '%whileOthersAsk%' AND pid <> pg_backend_pid()`,
    };
    await expect.poll(async () => (await deps.db.query(asleep, [])).length).toBe(1);
    expect(await codeOf(doOnce(elsewhere, request, async () => 'second'))).toBe('IDEMPOTENCY_KEY_IN_USE');
    expect(await first).toBe('first');
    expect(await doOnce(elsewhere, request, async () => 'third')).toBe('first');
  });

  it('in other processes, while both still wait: the first to commit answers both', async () => {
    const { context, user } = await person();
    const ctx = await context();
    const elsewhere: UserContext = { ...ctx, deps: { ...deps, runningKeys: new Set() } };
    const request = { key: 'a', procedure: 'x', input: {} };
    const rename = async (db: Deps['db'], name: string) =>
      db.query({ text: 'UPDATE users SET name = $2 WHERE id = $1' }, [user.id, name]);
    const hashed = Promise.withResolvers<void>();
    const slow = doOnce(ctx, request, async (db, runBefore) => {
      await runBefore(() => hashed.promise);
      await rename(db, 'slow');
      return 'slow';
    });
    const fast = doOnce(elsewhere, request, async (db) => {
      await rename(db, 'fast');
      return 'fast';
    });
    expect(await fast).toBe('fast');
    hashed.resolve();
    expect(await slow).toBe('fast');
    const [row] = await deps.db.query<{ name: string }>({ text: 'SELECT name FROM users WHERE id = $1' }, [user.id]);
    expect(row?.name).toBe('fast');
  });
});

describe('work outside the database', () => {
  const request = { key: 'a', procedure: 'x', input: {} };

  it('runs before the transaction; inside it, the mutation fails', async () => {
    const { context } = await person();
    const ctx = await context();
    const write = (db: Deps['db']) => db.query({ text: 'SELECT 1' }, []);
    const hash = () => deps.passwords.hash(testPassword);
    const wrong = doOnce(ctx, request, async (db) => {
      await write(db);
      return hash();
    });
    await expect(wrong).rejects.toThrow('a transaction waited for something that is not the database');
    const late = doOnce(ctx, request, async (db, runBefore) => {
      await write(db);
      return runBefore(hash);
    });
    await expect(late).rejects.toThrow('the transaction has already begun');
    const right = doOnce(ctx, request, async (db, runBefore) => {
      await runBefore(hash);
      await write(db);
      return 'done';
    });
    expect(await right).toBe('done');
  });

  it('does not run again when there is a stored response', async () => {
    const { context } = await person();
    const ctx = await context();
    let hashes = 0;
    const run = () =>
      doOnce(ctx, request, async (_db, runBefore) => {
        await runBefore(async () => {
          hashes += 1;
        });
        return 'done';
      });
    expect([await run(), await run(), hashes]).toEqual(['done', 'done', 1]);
  });

  it('returns the stored response of a re-authentication although the password has changed since', async () => {
    const { api, withKey } = await person();
    const first = await withKey('a').auth.confirm({ password: testPassword });
    await api.auth.changePassword({ newPassword: 'another horse, another staple' });
    expect(await withKey('a').auth.confirm({ password: testPassword })).toEqual(first);
    expect(await codeOf(withKey('b').auth.confirm({ password: testPassword }))).toBe('INVALID_CREDENTIALS');
  });
});

describe('sign-in with an idempotency key', () => {
  const account = () => ({ email: `${uuidv7()}@example.com`, password: testPassword, name: 'Ada' });
  const anyone = (key: string) => callAs(deps, null, key).auth;

  it('creates one account and one session, and returns the same tokens again', async () => {
    const input = account();
    const first = await anyone('r').register(input);
    expect(await anyone('r').register(input)).toEqual(first);
    expect(await codeOf(anyone('s').register(input))).toBe('CONFLICT');
    expect(await codeOf(anyone('r').register({ ...input, password: `${testPassword}!` }))).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    );
    const { email, password } = input;
    const session = await anyone('l').login({ email, password });
    expect((await anyone('l').login({ email, password })).tokens).toEqual(session.tokens);
    const [counted] = await deps.db.query<{ n: number }>(
      { text: 'SELECT count(*) AS n FROM sessions WHERE user_id = $1' },
      [first.user.id],
    );
    expect(counted?.n).toBe(2);
  });

  it('verifies no password for an account of another registration, not even the correct one', async () => {
    const input = account();
    await anyone('r').register(input);
    const passwords = recordedPasswords(deps.passwords);
    for (const password of [testPassword, `${testPassword}!`]) {
      const guess = callAs({ ...deps, passwords }, null, uuidv7()).auth.register({ ...input, password });
      expect(await codeOf(guess)).toBe('CONFLICT');
    }
    expect(passwords.asked).toEqual([]);
  });

  it('starts one session for many concurrent requests', async () => {
    const input = account();
    await anyone('r').register(input);
    const { email, password } = input;
    const replies = await Promise.all(Array.from({ length: 10 }, () => anyone('l').login({ email, password })));
    expect(new Set(replies.map(({ tokens }) => tokens.refreshToken)).size).toBe(1);
  });

  it('returns no tokens of a session that was used or has ended, and can use the key again after a day', async () => {
    const { email, password, name } = account();
    await anyone('r').register({ email, password, name });
    const { tokens } = await anyone('l').login({ email, password });
    await callAs(deps, null).auth.refresh({ refreshToken: tokens.refreshToken });
    expect(await codeOf(anyone('l').login({ email, password }))).toBe('UNAUTHENTICATED');
    clock.advance({ hours: 25 });
    const later = await anyone('l').login({ email, password });
    expect(later.tokens.refreshToken).not.toBe(tokens.refreshToken);
  });

  it('starts one session for concurrent requests with a key of the day before', async () => {
    const { email, password, name } = account();
    await anyone('r').register({ email, password, name });
    for (let round = 0; round < 30; round += 1) {
      const replies = await Promise.all(Array.from({ length: 3 }, () => anyone('l').login({ email, password })));
      expect(new Set(replies.map(({ tokens }) => tokens.refreshToken)).size).toBe(1);
      clock.advance({ hours: 25 });
    }
  });
});
