import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import {
  callAs,
  recordedJobs,
  signUp,
  signUpVerified,
  type TestClock,
  testClock,
  testDeps,
  testLog,
  testPassword,
} from '../../testing/index.ts';
import { createSessionGate } from '../sessions/session-gate.ts';
import { purgeAccounts } from './purge-accounts.ts';

let deps: Deps;
let clock: TestClock;
const jobs = recordedJobs();

beforeAll(async () => {
  clock = testClock();
  deps = await testDeps(await testDatabase(), { clock, jobs });
});
afterAll(() => deps.db.close());

type Person = Awaited<ReturnType<typeof signUp>>;

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'OK',
    (error: { cause?: { code?: string } }) => String(error.cause?.code),
  );
const kindsTo = ({ email }: Person) => jobs.mailsTo(email).map(({ kind }) => kind);
const login = (email: string) => callAs(deps, null).auth.login({ email, password: testPassword });
const exists = async (id: string) => (await deps.db.prisma.user.count({ where: { id } })) === 1;

/** The life of an access token passes, by the database's clock and by ours. */
async function waitOutTokens(): Promise<void> {
  await deps.db.query(
    { text: `UPDATE users SET disabled_at = disabled_at - interval '17 minutes' WHERE disabled_at IS NOT NULL` },
    [],
  );
  clock.advance({ minutes: 17 });
}

async function requestAndWait(person: Person): Promise<void> {
  await person.api.users.requestDeletion();
  clock.advance({ days: 14 });
}

describe('requesting the deletion of an account', () => {
  it('sets the date, sends one email, and changes nothing else', async () => {
    const person = await signUpVerified(deps);
    const due = new Date(clock.now().getTime() + 14 * 86_400_000).toISOString();
    const asked = await person.api.users.requestDeletion();
    expect(asked).toEqual({ ...person.user, version: 2, deletionDueAt: due, updatedAt: clock.now().toISOString() });
    clock.advance({ minutes: 2 });
    expect(await person.api.users.requestDeletion()).toEqual(asked);
    expect(await person.api.users.me()).toEqual(asked);
    expect(jobs.mailsTo(person.email).filter(({ kind }) => kind === 'deletion-requested')).toMatchObject([{ at: due }]);
    expect((await person.api.tasks.create({ title: 't' })).title).toBe('t');
    expect((await login(person.email)).user.deletionDueAt).toBe(due);
    const [line] = (await person.api.auth.activity()).items.filter(({ action }) => action === 'request_deletion');
    expect(line).toMatchObject({ actor: 'you', details: { deletionDueAt: [null, expect.any(String)] } });
  });

  it('requires recent authentication; cancelling it does not', async () => {
    const person = await signUpVerified(deps);
    clock.advance({ minutes: 6 });
    expect(await codeOf(person.api.users.requestDeletion())).toBe('FRESH_SIGN_IN_REQUIRED');
    const again = await login(person.email);
    const api = callAs(deps, again.tokens.accessToken);
    await api.users.requestDeletion();
    clock.advance({ minutes: 6 });
    const kept = await callAs(deps, person.tokens.accessToken).users.cancelDeletion();
    expect(kept).toMatchObject({ deletionDueAt: null, version: 3 });
    expect(await api.users.cancelDeletion()).toEqual(kept);
    expect(kindsTo(person).filter((kind) => kind.startsWith('deletion-'))).toEqual([
      'deletion-requested',
      'deletion-cancelled',
    ]);
  });

  it('runs once for its idempotency key', async () => {
    const person = await signUp(deps);
    const keyed = callAs(deps, person.tokens.accessToken, randomUUID());
    const asked = await keyed.users.requestDeletion();
    await person.api.users.cancelDeletion();
    expect(await keyed.users.requestDeletion()).toEqual(asked);
    expect((await person.api.users.me()).deletionDueAt).toBeNull();
    const cancel = callAs(deps, person.tokens.accessToken, randomUUID());
    expect(await cancel.users.cancelDeletion()).toEqual(await cancel.users.cancelDeletion());
  });

  it('cannot be requested or cancelled with an API key', async () => {
    const person = await signUp(deps);
    const { key } = await person.api.apiKeys.create({ name: 'k', scopes: ['users:write'], expiresInDays: 1 });
    expect(await codeOf(callAs(deps, key).users.requestDeletion())).toBe('INSUFFICIENT_SCOPE');
    expect(await codeOf(callAs(deps, key).users.cancelDeletion())).toBe('INSUFFICIENT_SCOPE');
  });
});

describe('purging an account', () => {
  // What one test leaves due is no other's business.
  beforeEach(async () => {
    await deps.db.query({ text: 'UPDATE users SET deletion_due_at = NULL' }, []);
  });

  it('waits for the date, closes the account, and deletes it after its tokens have expired', async () => {
    const person = await signUp(deps);
    await person.api.users.requestDeletion();
    clock.advance({ days: 13, hours: 23 });
    expect(await purgeAccounts(deps)).toEqual({ shut: 0, deleted: 0 });
    const last = await login(person.email);
    clock.advance({ hours: 1 });
    expect(await purgeAccounts(deps)).toEqual({ shut: 1, deleted: 0 });
    expect(await codeOf(callAs(deps, last.tokens.accessToken).users.me())).toBe('UNAUTHENTICATED');
    expect(await codeOf(login(person.email))).toBe('INVALID_CREDENTIALS');
    expect(await purgeAccounts(deps)).toEqual({ shut: 0, deleted: 0 });
    expect(await exists(person.user.id)).toBe(true);
    await waitOutTokens();
    expect(await purgeAccounts(deps)).toEqual({ shut: 0, deleted: 1 });
    expect(await exists(person.user.id)).toBe(false);
    expect(await purgeAccounts(deps)).toEqual({ shut: 0, deleted: 0 });
  });

  it('leaves no data of the user in any table, and releases the address', async () => {
    const [boss, person] = [await signUp(deps), await signUp(deps)];
    const { api, user, email } = person;
    await deps.db.prisma.user.update({ where: { id: boss.user.id }, data: { role: 'admin' } });
    const goal = await api.goals.create({ title: 'g' });
    const task = await callAs(deps, person.tokens.accessToken, randomUUID()).tasks.create({
      title: 't',
      goalId: goal.id,
    });
    await api.tasks.complete({ id: task.id });
    await api.tasks.delete({ id: (await api.tasks.create({ title: 'gone', goalId: goal.id })).id });
    await api.apiKeys.create({ name: 'k', scopes: ['users:read'], expiresInDays: 30 });
    // What administrators did under an idempotency key, and are given again.
    for (const act of ['disable', 'enable'] as const) {
      await callAs(deps, boss.tokens.accessToken, randomUUID()).users[act]({ id: user.id });
    }
    const again = await login(email);
    const now = clock.now();
    const own = { userId: user.id, id: uuidv7(), createdAt: now };
    await deps.db.prisma.passkey.create({
      data: {
        ...own,
        updatedAt: now,
        name: 'p',
        credentialId: 'c',
        publicKey: Buffer.from('k'),
        transports: [],
        backedUp: false,
      },
    });
    await deps.db.prisma.totp.create({ data: { ...own, updatedAt: now, sealedSecret: 's' } });
    await deps.db.prisma.recoveryCode.create({ data: { ...own, hash: Buffer.from('h') } });
    await deps.db.prisma.oneTimeToken.create({
      data: { ...own, purpose: 'reset_password', hash: Buffer.from('h'), email, requestId: uuidv7(), expiresAt: now },
    });
    await callAs(deps, again.tokens.accessToken).users.requestDeletion();
    await deps.db.query({ text: 'UPDATE users SET deletion_due_at = $2 WHERE id = $1' }, [user.id, now.toISOString()]);
    expect(await searchFor(user.id, email)).toEqual(
      expect.arrayContaining(['users.id', 'users.email', 'tasks.user_id', 'passkeys.user_id']),
    );

    await purgeAccounts(deps);
    await waitOutTokens();
    expect(await purgeAccounts(deps)).toEqual({ shut: 0, deleted: 1 });
    // The bare id is a part of what the administrator did: their history, and the replies that they were given.
    expect(await searchFor(user.id, email)).toEqual(['activity.entity_id', 'idempotency_keys.reply']);
    const lines = await deps.db.prisma.activity.findMany({ where: { entityId: user.id }, orderBy: { number: 'asc' } });
    expect(lines.map(({ userId, action }) => [userId, action])).toEqual([
      [boss.user.id, 'disabled_person'],
      [boss.user.id, 'enabled_person'],
    ]);
    expect(await searchFor(email)).toEqual([]);
    const { user: next } = await callAs(deps, null).auth.register({ email, password: testPassword, name: 'Next' });
    expect(next.id).not.toBe(user.id);
    const other = await signUp(deps);
    expect(await codeOf(other.api.users.get({ id: user.id }))).toBe('NOT_FOUND');
  });

  it('skips a user who cancels at the last moment, in both steps', async () => {
    const person = await signUp(deps);
    await requestAndWait(person);
    const api = callAs(deps, (await login(person.email)).tokens.accessToken);
    // The purge has found them already, and waits for their row while they cancel.
    const { db } = deps;
    const found = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    const slow: Deps = {
      ...deps,
      db: {
        ...db,
        query: db.query,
        transaction: async (work) => {
          found.resolve();
          await cancelled.promise;
          return db.transaction(work);
        },
      },
    };
    const purging = purgeAccounts(slow);
    await found.promise;
    await api.users.cancelDeletion();
    cancelled.resolve();
    expect(await purging).toEqual({ shut: 0, deleted: 0 });
    expect((await api.users.me()).deletionDueAt).toBeNull();

    // Shut, and let in again by an administrator who was asked to.
    await api.users.requestDeletion();
    clock.advance({ days: 14 });
    expect(await purgeAccounts(deps)).toEqual({ shut: 1, deleted: 0 });
    await waitOutTokens();
    await db.query({ text: 'UPDATE users SET disabled_at = NULL, deletion_due_at = NULL WHERE id = $1' }, [
      person.user.id,
    ]);
    expect(await purgeAccounts(deps)).toEqual({ shut: 0, deleted: 0 });
    expect(await exists(person.user.id)).toBe(true);
  });

  it('races with cancelling: the account is deleted or kept, never half', async () => {
    for (let round = 0; round < 5; round += 1) {
      const person = await signUp(deps);
      await requestAndWait(person);
      const api = callAs(deps, (await login(person.email)).tokens.accessToken);
      const [code, { shut }] = await Promise.all([codeOf(api.users.cancelDeletion()), purgeAccounts(deps)]);
      const row = await deps.db.prisma.user.findUniqueOrThrow({ where: { id: person.user.id } });
      expect([code, row.disabledAt === null, row.deletionDueAt === null]).toEqual(
        shut === 1 ? [code, false, code === 'OK'] : ['OK', true, true],
      );
      await deps.db.query({ text: 'UPDATE users SET deletion_due_at = NULL' }, []);
    }
  });

  it('starts no further account after it was asked to stop', async () => {
    const people = await Promise.all(Array.from({ length: 3 }, () => signUp(deps)));
    for (const person of people) await person.api.users.requestDeletion();
    clock.advance({ days: 14 });
    const stopping = new AbortController();
    const { db } = deps;
    const told: Deps = {
      ...deps,
      db: {
        ...db,
        query: db.query,
        transaction(work) {
          stopping.abort();
          return db.transaction(work);
        },
      },
    };
    expect(await purgeAccounts(told, stopping.signal)).toEqual({ shut: 1, deleted: 0 });
    expect(await purgeAccounts(deps)).toEqual({ shut: 2, deleted: 0 });
    await waitOutTokens();
    expect(await purgeAccounts(deps)).toEqual({ shut: 0, deleted: 3 });
  });

  it('continues after an account that it cannot delete, and beyond one batch', async () => {
    const people = await Promise.all(Array.from({ length: 3 }, () => signUp(deps)));
    await deps.db.query(
      {
        text: `WITH made AS (
                 INSERT INTO users (id, email, name, password_hash, created_at, updated_at, deletion_due_at, disabled_at)
                 SELECT gen_random_uuid(), gen_random_uuid()::text, 'x', 'x', now(), now(), $1, now() - interval '1 day'
                   FROM generate_series(1, 150) RETURNING id
               ) INSERT INTO change_counters (user_id) SELECT id FROM made`,
      },
      [clock.now().toISOString()],
    );
    const [first] = people;
    for (const { user } of people) {
      await deps.db.query(
        { text: `UPDATE users SET deletion_due_at = $2, disabled_at = now() - interval '1 day' WHERE id = $1` },
        [user.id, clock.now().toISOString()],
      );
    }
    await deps.db.query({ text: 'CREATE TABLE held (user_id uuid REFERENCES users (id))' }, []);
    await deps.db.query({ text: 'INSERT INTO held VALUES ($1)' }, [first?.user.id]);
    expect(await purgeAccounts(deps)).toEqual({ shut: 0, deleted: 152 });
    await deps.db.query({ text: 'DROP TABLE held' }, []);
    expect(await purgeAccounts(deps)).toEqual({ shut: 0, deleted: 1 });
  });
});

it('purging takes effect on every process within a second, both when an account is closed and when it is deleted', async () => {
  const real = { now: () => new Date() };
  const here = await testDeps(deps.db, { clock: real });
  const there = { ...here, sessions: createSessionGate(deps.db, testLog(), { accessSeconds: 900 }) };
  const person = await signUp(here);
  const elsewhere = callAs(there, person.tokens.accessToken);
  expect((await elsewhere.users.me()).id).toBe(person.user.id);
  await person.api.users.requestDeletion();
  await deps.db.query({ text: `UPDATE users SET deletion_due_at = now() - interval '1 second' WHERE id = $1` }, [
    person.user.id,
  ]);
  expect(await purgeAccounts(here)).toEqual({ shut: 1, deleted: 0 });
  const shutAt = performance.now();
  while ((await codeOf(elsewhere.users.me())) === 'OK') {
    expect(performance.now() - shutAt).toBeLessThan(1000);
    await sleep(50);
  }
  await deps.db.query({ text: `UPDATE users SET disabled_at = disabled_at - interval '17 minutes' WHERE id = $1` }, [
    person.user.id,
  ]);
  expect(await purgeAccounts(here)).toEqual({ shut: 0, deleted: 1 });
  for (let polls = 0; polls < 15; polls += 1) {
    expect(await codeOf(elsewhere.users.me())).toBe('UNAUTHENTICATED');
    await sleep(100);
  }
  // One that never heard of the account: no token of it is alive by then.
  const later = await testDeps(deps.db, { clock: { now: () => new Date(Date.now() + 17 * 60_000) } });
  expect(await codeOf(callAs(later, person.tokens.accessToken).users.me())).toBe('UNAUTHENTICATED');
});

it('purging a large account takes a reasonable time', { timeout: 60_000 }, async () => {
  const { user } = await signUp(deps);
  for (let from = 0; from < 10_000; from += 1000) {
    await deps.db.query(
      {
        text: `
          WITH made AS (
            INSERT INTO tasks (user_id, id, title, due_by, created_at, updated_at)
            SELECT $1, gen_random_uuid(), 'x', '9999-12-31 23:59:59', now(), now() FROM generate_series(1, 1000) RETURNING id
          )
          INSERT INTO activity (user_id, number, at, actor_id, entity, entity_id, action)
          SELECT $1, row_number() OVER () + 1000 + $2::int, now(), $1, 'task', id, 'create' FROM made`,
      },
      [user.id, from],
    );
  }
  await deps.db.query(
    { text: `UPDATE users SET deletion_due_at = '2020-01-01', disabled_at = '2020-01-01' WHERE id = $1` },
    [user.id],
  );
  const startedAt = performance.now();
  expect((await purgeAccounts(deps)).deleted).toBe(1);
  console.info(`purge of 10,000 tasks and lines: ${Math.round(performance.now() - startedAt)} ms`);
});

/** In which columns of which tables any of these texts stands. */
async function searchFor(...texts: readonly string[]): Promise<string[]> {
  const places = await deps.db.query<{ table: string; column: string; type: string }>(
    {
      text: `SELECT c.table_name AS table, c.column_name AS column, c.data_type AS type
               FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
              WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY 1, 2`,
    },
    [],
  );
  expect(places.length).toBeGreaterThan(80);
  const found: string[] = [];
  for (const { table, column, type } of places) {
    // Bytes are searched as the text that they may be.
    const as = type === 'bytea' ? `encode("${column}", 'escape')` : `"${column}"::text`;
    const [hit] = await deps.db.query<{ isThere: boolean }>(
      { text: `SELECT EXISTS (SELECT FROM "${table}" WHERE ${as} ILIKE ANY ($1::text[])) AS "isThere"` },
      [texts.map((text) => `%${text}%`)],
    );
    if (hit?.isThere) found.push(`${table}.${column}`);
  }
  return found;
}
