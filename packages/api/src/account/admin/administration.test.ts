import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { callAs, recordedJobs, signUp, signUpVerified, testDeps, testLog, testPassword } from '../../testing/index.ts';
import { createSessionGate } from '../sessions/session-gate.ts';

let deps: Deps;
const jobs = recordedJobs();
const clock = { now: () => new Date() };

beforeAll(async () => {
  deps = await testDeps(await testDatabase(), { clock, jobs });
});
afterAll(() => deps.db.close());

type Person = Awaited<ReturnType<typeof signUp>>;

async function signUpAdmin(): Promise<Person> {
  const person = await signUp(deps, { name: 'Boss' });
  await deps.db.prisma.user.update({ where: { id: person.user.id }, data: { role: 'admin' } });
  return person;
}

const login = ({ email }: Person) => callAs(deps, null).auth.login({ email, password: testPassword });
const kindsTo = ({ email }: Person) => jobs.mailsTo(email).map(({ kind }) => kind);
const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'OK',
    (error: { cause?: { code?: string } }) => String(error.cause?.code),
  );
const linesOf = (userId: string) =>
  deps.db.query<{ action: string; actorId: string; entity: string; entityId: string; before: object; after: object }>(
    {
      text: `SELECT action, actor_id AS "actorId", entity, entity_id AS "entityId", before, after FROM activity
              WHERE user_id = $1 ORDER BY number`,
    },
    [userId],
  );

describe('disabling a user', () => {
  it('ends every session on every process within a second; enabling restores none', async () => {
    const [boss, person] = [await signUpAdmin(), await signUpVerified(deps)];
    const other = await login(person);
    const there = { ...deps, sessions: createSessionGate(deps.db, testLog(), { accessSeconds: 900 }) };
    const elsewhere = callAs(there, other.tokens.accessToken);
    expect((await elsewhere.users.me()).id).toBe(person.user.id);

    const disabled = await boss.api.users.disable({ id: person.user.id });
    expect(disabled).toMatchObject({ id: person.user.id, role: 'user', version: 2, disabledAt: expect.any(String) });
    const disabledAt = performance.now();
    while ((await codeOf(elsewhere.users.me())) === 'OK') {
      expect(performance.now() - disabledAt).toBeLessThan(1000);
      await sleep(50);
    }
    expect(await codeOf(person.api.tasks.list())).toBe('UNAUTHENTICATED');
    const refresh = () => callAs(deps, null).auth.refresh({ refreshToken: other.tokens.refreshToken });
    expect(await codeOf(refresh())).toBe('UNAUTHENTICATED');
    const attempts = [person, { ...person, email: `${randomUUID()}@example.com` }].map((who) =>
      login(who).catch((error: { message: string; cause: object }) => JSON.stringify([error.message, error.cause])),
    );
    const [locked, unknown] = await Promise.all(attempts);
    expect(locked).toContain('INVALID_CREDENTIALS');
    expect(locked).toBe(unknown);

    const enabled = await boss.api.users.enable({ id: person.user.id });
    expect(enabled).toMatchObject({ disabledAt: null, version: 3 });
    expect(await codeOf(person.api.users.me())).toBe('UNAUTHENTICATED');
    expect(await codeOf(elsewhere.users.me())).toBe('UNAUTHENTICATED');
    expect(await codeOf(refresh())).toBe('UNAUTHENTICATED');
    expect((await login(person)).user.id).toBe(person.user.id);
    expect(kindsTo(person).filter((kind) => kind.startsWith('account-'))).toEqual([
      'account-disabled',
      'account-enabled',
    ]);
    const ends = await deps.db.prisma.session.findMany({
      where: { userId: person.user.id },
      orderBy: { createdAt: 'asc' },
    });
    expect(ends.map(({ endReason }) => endReason)).toEqual(['disabled', 'disabled', null]);
  });

  it('also ends a session that starts at the same time, after the user is enabled again', async () => {
    const [boss, person] = [await signUpAdmin(), await signUp(deps)];
    // A sign-in that looked at the account before it was disabled, and wrote its session after.
    await deps.db.prisma.user.update({ where: { id: person.user.id }, data: { disabledAt: new Date() } });
    await boss.api.users.enable({ id: person.user.id });
    expect(await codeOf(person.api.users.me())).toBe('UNAUTHENTICATED');
  });

  it('is recorded in both histories, and in neither as a change of the administrator', async () => {
    const [boss, person] = [await signUpAdmin(), await signUp(deps)];
    const id = person.user.id;
    const [before, bossBefore] = [(await linesOf(id)).length, (await linesOf(boss.user.id)).length];
    await boss.api.users.disable({ id });
    await boss.api.users.enable({ id });
    await boss.api.users.changeRole({ id, role: 'admin' });
    expect((await linesOf(id)).slice(before)).toMatchObject([
      { action: 'disable', actorId: boss.user.id, entity: 'user', entityId: id, before: { disabled_at: null } },
      { action: 'disabled', actorId: boss.user.id, entity: 'session' },
      { action: 'enable', actorId: boss.user.id, entity: 'user', after: { disabled_at: null } },
      { action: 'change_role', actorId: boss.user.id, before: { role: 'user' }, after: { role: 'admin' } },
    ]);
    expect((await linesOf(boss.user.id)).slice(bossBefore)).toMatchObject([
      { action: 'disabled_person', actorId: boss.user.id, entity: 'user', entityId: id, before: null, after: null },
      { action: 'enabled_person', actorId: boss.user.id, entity: 'user', entityId: id },
      {
        action: 'changed_role',
        actorId: boss.user.id,
        entityId: id,
        before: { role: 'user' },
        after: { role: 'admin' },
      },
    ]);
    const { items } = await boss.api.sync.pull({});
    const cursor = (await boss.api.sync.pull({})).nextCursor;
    expect(items.map(({ entity, id }) => [entity, id])).toEqual([
      ['user', boss.user.id],
      // The Inbox has the id of its user.
      ['list', boss.user.id],
    ]);
    await boss.api.users.disable({ id });
    expect((await boss.api.sync.pull({ cursor })).items).toEqual([]);
    // Nobody gets back by undoing what an administrator took.
    await boss.api.users.enable({ id });
    await boss.api.users.changeRole({ id, role: 'user' });
    const again = await login(person);
    const lines = await deps.db.prisma.activity.findMany({
      where: { userId: id, entity: 'user', action: { not: 'create' } },
    });
    const api = callAs(deps, again.tokens.accessToken);
    for (const { number } of lines) {
      expect(await codeOf(api.sync.undo({ number: Number(number) }))).toBe('CANNOT_UNDO');
    }
  });

  it('is idempotent: repeating it changes nothing and sends no email', async () => {
    const [boss, person] = [await signUpAdmin(), await signUpVerified(deps)];
    const id = person.user.id;
    for (const act of [
      () => boss.api.users.enable({ id }),
      () => boss.api.users.disable({ id }),
      () => boss.api.users.enable({ id }),
      () => boss.api.users.changeRole({ id, role: 'user' }),
      () => boss.api.users.changeRole({ id, role: 'admin' }),
    ]) {
      const first = await act();
      const [theirs, own, mails] = [await linesOf(id), await linesOf(boss.user.id), kindsTo(person)];
      expect(await act()).toEqual(first);
      expect([await linesOf(id), await linesOf(boss.user.id), kindsTo(person)]).toEqual([theirs, own, mails]);
    }
  });

  it('runs once for its idempotency key', async () => {
    const [boss, person] = [await signUpAdmin(), await signUpVerified(deps)];
    const keyed = callAs(deps, boss.tokens.accessToken, randomUUID());
    const first = await keyed.users.disable({ id: person.user.id });
    await boss.api.users.enable({ id: person.user.id });
    expect(await keyed.users.disable({ id: person.user.id })).toEqual(first);
    const kept = await deps.db.prisma.idempotencyKey.findMany({ where: { userId: boss.user.id } });
    expect(kept).toHaveLength(1);
    expect(kept[0]?.reply).not.toContain(person.email);
    const row = await deps.db.prisma.user.findUniqueOrThrow({ where: { id: person.user.id } });
    expect(row.disabledAt).toBeNull();
    const again = callAs(deps, boss.tokens.accessToken, randomUUID());
    const role = await again.users.changeRole({ id: person.user.id, role: 'admin' });
    expect(await again.users.changeRole({ id: person.user.id, role: 'admin' })).toEqual(role);
    expect(kindsTo(person).filter((kind) => kind === 'role-changed')).toHaveLength(1);
  });

  it('blocks API keys while it lasts', async () => {
    const [boss, person] = [await signUpAdmin(), await signUp(deps)];
    const key = await person.api.apiKeys.create({ name: 'k', scopes: ['users:read'], expiresInDays: 30 });
    const byKey = callAs(deps, key.key);
    expect((await byKey.users.me()).id).toBe(person.user.id);
    await boss.api.users.disable({ id: person.user.id });
    expect(await codeOf(byKey.users.me())).toBe('UNAUTHENTICATED');
    await deps.db.query({ text: `UPDATE users SET disabled_at = disabled_at - interval '3 days' WHERE id = $1` }, [
      person.user.id,
    ]);
    const later = await testDeps(deps.db, { clock });
    expect(await codeOf(callAs(later, key.key).users.me())).toBe('UNAUTHENTICATED');
    await boss.api.users.enable({ id: person.user.id });
    expect((await byKey.users.me()).id).toBe(person.user.id);
  });
});

describe('administrators', () => {
  it('cannot disable or demote themselves', async () => {
    const boss = await signUpAdmin();
    const id = boss.user.id;
    expect(await codeOf(boss.api.users.disable({ id }))).toBe('FORBIDDEN');
    expect(await codeOf(boss.api.users.changeRole({ id, role: 'user' }))).toBe('FORBIDDEN');
    expect(await boss.api.users.changeRole({ id, role: 'admin' })).toMatchObject({ role: 'admin', version: 1 });
    expect(await boss.api.users.enable({ id })).toMatchObject({ disabledAt: null, version: 1 });
  });

  it('are the only users with access, and get NOT_FOUND for unknown ids', async () => {
    const [boss, person, other] = [await signUpAdmin(), await signUpVerified(deps), await signUpVerified(deps)];
    const acts = (api: Person['api'], id: string) => [
      api.users.disable({ id }),
      api.users.enable({ id }),
      api.users.changeRole({ id, role: 'admin' }),
    ];
    const codes = async (api: Person['api'], id: string) => Promise.all(acts(api, id).map(codeOf));
    expect(await codes(person.api, other.user.id)).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']);
    expect(await codes(boss.api, uuidv7())).toEqual(['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']);
    expect(kindsTo(other)).not.toContain('account-disabled');
  });

  it('always remain at least one, also with concurrent demotions and disablings', async () => {
    for (let round = 0; round < 10; round += 1) {
      await deps.db.prisma.user.updateMany({ data: { role: 'user' } });
      const bosses = await Promise.all([signUpAdmin(), signUpAdmin(), signUpAdmin()]);
      const acts = bosses.map(({ api }, at) => {
        const id = bosses[(at + 1) % bosses.length]?.user.id ?? '';
        return round % 2 === 0 ? api.users.changeRole({ id, role: 'user' }) : api.users.disable({ id });
      });
      // Changing oneself takes the same locks: nobody waits in a ring.
      acts.push(
        ...bosses.map(({ api }) => api.users.update({ name: 'Busy' }).then(() => bosses[0]?.api.users.me() as never)),
      );
      const codes = await Promise.all(acts.map(codeOf));
      expect(codes.filter((code) => !['OK', 'FORBIDDEN', 'UNAUTHENTICATED'].includes(code))).toEqual([]);
      const left = await deps.db.prisma.user.count({ where: { role: 'admin', disabledAt: null } });
      expect(left).toBeGreaterThanOrEqual(1);
      expect(left).toBeLessThan(3);
    }
  });
});

describe('users.get', () => {
  it('returns only the id and the name, and no disabled user', async () => {
    const [one, other] = [await signUp(deps), await signUp(deps, { name: 'Grace' })];
    const get = (id: string) => one.api.users.get({ id });
    expect(await get(other.user.id)).toStrictEqual({ id: other.user.id, name: 'Grace' });
    const failures: unknown[] = [];
    const fail = (id: string) =>
      get(id).catch((error: { message: string; cause: object }) =>
        failures.push(JSON.stringify([error.message, error.cause])),
      );
    await fail(uuidv7());
    await deps.db.prisma.user.update({ where: { id: other.user.id }, data: { disabledAt: new Date() } });
    await fail(other.user.id);
    await deps.db.query({ text: 'DELETE FROM users WHERE id = $1' }, [other.user.id]);
    await fail(other.user.id);
    expect(failures).toHaveLength(3);
    expect(new Set(failures).size).toBe(1);
  });
});
