import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { callAs, signUp, type TestClock, testClock, testDeps, testPassword } from '../../testing/index.ts';
import { statement } from './list-security-activity.ts';

let deps: Deps;
let clock: TestClock;

beforeAll(async () => {
  clock = testClock();
  deps = await testDeps(await testDatabase(), { clock });
});
afterAll(() => deps.db.close());

type Person = Awaited<ReturnType<typeof signUp>>;

async function readAll({ auth }: Person['api'], limit = 100) {
  const items = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await auth.activity({ limit, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

/** Writes a line as operations of other features do. */
async function addLine(userId: string, line: { entity: string; action: string; after?: object; entityId?: string }) {
  const { entity, action, after = {}, entityId = uuidv7() } = line;
  await deps.db.query(
    {
      text: `
        WITH numbered AS (UPDATE change_counters SET number = number + 1 WHERE user_id = $1 RETURNING number)
        INSERT INTO activity (user_id, number, at, actor_id, entity, entity_id, action, after)
        SELECT $1, number, $2, $1, $3::activity_entity, $4, $5, $6::jsonb FROM numbered`,
    },
    [userId, clock.now().toISOString(), entity, entityId, action, JSON.stringify(after)],
  );
}

describe('the security activity', () => {
  it('lists the events of the account with their actors, newest first', async () => {
    const person = await signUp(deps);
    const { api, user, email } = person;
    await api.tasks.create({ title: 'not of interest' });
    await api.goals.create({ title: 'nor this' });
    clock.advance({ minutes: 1 });
    const second = await callAs(deps, null).auth.login({ email, password: testPassword });
    await callAs(deps, second.tokens.accessToken).users.update({ name: 'Ada Lovelace' });
    const failedFrom = { address: '203.0.113.9', user_agent: 'curl/8' };
    await addLine(user.id, { entity: 'session', action: 'failed_login', after: failedFrom });
    await callAs(deps, second.tokens.accessToken).auth.logout();

    const items = await readAll(api);
    const sid = items.find(({ action }) => action === 'login')?.entityId;
    const here = { userAgent: 'tests', address: '192.0.2.1' };
    expect(items).toMatchObject([
      { action: 'logout', entity: 'session', entityId: sid, sessionId: sid, actor: 'you', ...here },
      {
        action: 'failed_login',
        entity: 'session',
        sessionId: null,
        actor: 'unknown',
        userAgent: 'curl/8',
        address: '203.0.113.9',
      },
      {
        action: 'update',
        entity: 'user',
        entityId: user.id,
        sessionId: sid,
        actor: 'you',
        details: { name: ['Ada', 'Ada Lovelace'] },
        ...here,
      },
      {
        action: 'login',
        entity: 'session',
        sessionId: sid,
        actor: 'you',
        happenedAt: '2026-03-04T10:01:00.000Z',
        ...here,
      },
      { action: 'register', entity: 'session', actor: 'you', details: { address: [null, '192.0.2.1'] } },
      { action: 'create', entity: 'user', actor: 'you', details: { email: [null, email] } },
    ]);
    expect(Object.keys(items[0]?.details ?? {}).sort()).toEqual(['endReason', 'endedAt']);
    const numbers = items.map(({ number }) => number);
    expect(numbers).toEqual([...numbers].sort((one, other) => other - one));
    expect(await readAll(api, 1)).toEqual(items);
    expect(await readAll(api, 4)).toEqual(items);
  });

  it("lists an administrator's actions without their address, and shows the administrator what they did", async () => {
    const [boss, person] = [await signUp(deps), await signUp(deps)];
    await deps.db.prisma.user.update({ where: { id: boss.user.id }, data: { role: 'admin' } });
    await boss.api.users.changeRole({ id: person.user.id, role: 'admin' });
    await boss.api.users.changeRole({ id: person.user.id, role: 'user' });
    const [latest] = await readAll(person.api);
    expect(latest).toEqual({
      number: await deps.changes.latest(person.user.id),
      happenedAt: clock.now().toISOString(),
      action: 'change_role',
      entity: 'user',
      entityId: person.user.id,
      actor: 'administrator',
      sessionId: null,
      userAgent: null,
      address: null,
      details: { role: ['admin', 'user'] },
    });
    expect(JSON.stringify(await readAll(person.api))).not.toContain(boss.user.id);
    expect((await readAll(boss.api)).slice(0, 2)).toMatchObject([
      { action: 'changed_role', actor: 'you', entityId: person.user.id, details: { role: ['admin', 'user'] } },
      { action: 'changed_role', actor: 'you', entityId: person.user.id, details: { role: ['user', 'admin'] } },
    ]);
  });

  it('lists every entry that is not about a task or a goal, without secrets, even if an entry contains one', async () => {
    const { api, user } = await signUp(deps);
    for (const [entity, column] of [
      ['user', 'password_hash'],
      ['session', 'refresh_hash'],
      ['api_key', 'hash'],
      ['passkey', 'public_key'],
      ['totp', 'sealed_secret'],
    ] as const) {
      await addLine(user.id, { entity, action: 'tried', after: { [column]: 'a-secret', seen: true } });
    }
    for (const entity of ['task', 'goal', 'list']) await addLine(user.id, { entity, action: 'tried' });
    const items = (await readAll(api)).filter(({ action }) => action === 'tried');
    expect(items.map(({ entity }) => entity)).toEqual(['totp', 'passkey', 'api_key', 'session', 'user']);
    for (const { details } of items) expect(details).toEqual({ seen: [null, 'true'] });
  });

  it('cannot be read by other users or by API keys', async () => {
    const [one, other] = [await signUp(deps), await signUp(deps)];
    const ids = (await readAll(one.api)).map(({ entityId }) => entityId);
    expect((await readAll(other.api)).filter(({ entityId }) => ids.includes(entityId))).toEqual([]);
    const key = await one.api.apiKeys.create({
      name: 'k',
      scopes: ['users:read', 'accounts:read'].slice(0, 1) as never,
      expiresInDays: 1,
    });
    await expect(callAs(deps, key.key).auth.activity()).rejects.toMatchObject({
      cause: { code: 'INSUFFICIENT_SCOPE' },
    });
    await expect(one.api.auth.activity({ cursor: 'WyJ4IixbIjEiXV0' })).rejects.toMatchObject({
      cause: { code: 'VALIDATION_FAILED' },
    });
  });

  it('uses its index in a long history of task changes', async () => {
    const { api, user } = await signUp(deps);
    await deps.db.query(
      {
        text: `INSERT INTO activity (user_id, number, at, actor_id, entity, entity_id, action)
               SELECT $1, n, now(), $1, 'task', gen_random_uuid(), 'update' FROM generate_series(1000, 15000) n`,
      },
      [user.id],
    );
    await deps.db.query({ text: 'UPDATE change_counters SET number = 15000 WHERE user_id = $1' }, [user.id]);
    await deps.db.query({ text: 'ANALYZE activity' }, []);
    const plan = await deps.db.query<{ 'QUERY PLAN': string }>({ text: `EXPLAIN ANALYZE ${statement.text}` }, [
      user.id,
      null,
      21,
    ]);
    const lines = plan.map((row) => row['QUERY PLAN']);
    expect(lines.join('\n')).toContain('activity_user_id_entity_entity_id_changed_number_idx');
    expect(lines.join('\n')).not.toContain('Seq Scan on activity');
    const startedAt = performance.now();
    expect((await readAll(api)).map(({ action }) => action)).toEqual(['register', 'create']);
    console.info(`security activity: ${lines.at(-1)}; whole call ${Math.round(performance.now() - startedAt)} ms`);
  });
});

describe('activity entries', () => {
  const entities = ['user', 'session', 'task', 'goal', 'list', 'api_key', 'passkey', 'totp'] as const;
  const refused = /the history cannot be altered/;

  it.each(entities)('of a %s cannot be updated, deleted or truncated, by SQL or Prisma', async (entity) => {
    const { user } = await signUp(deps);
    await addLine(user.id, { entity, action: 'noted', after: { a: 1 } });
    const where = { userId: user.id, entity };
    const before = await deps.db.prisma.activity.findMany({ where, orderBy: { number: 'asc' } });
    const sql = (text: string, values: readonly unknown[] = [user.id, entity]) => deps.db.query({ text }, values);
    const mine = 'WHERE user_id = $1 AND entity = $2::activity_entity';
    const [line] = before;
    const key = { userId_number: { userId: user.id, number: line?.number ?? 0n } };
    for (const attempt of [
      () => sql(`UPDATE activity SET action = 'x' ${mine}`),
      () => sql(`UPDATE activity SET actor_id = gen_random_uuid() ${mine}`),
      () => sql(`UPDATE activity SET number = number + 1000 ${mine}`),
      () => sql(`DELETE FROM activity ${mine}`),
      () => sql('TRUNCATE activity', []),
      () => sql('TRUNCATE users CASCADE', []),
      () =>
        sql(
          `INSERT INTO activity (user_id, number, at, actor_id, entity, entity_id, action)
           SELECT user_id, number, at, actor_id, entity, entity_id, action FROM activity ${mine}
               ON CONFLICT (user_id, number) DO UPDATE SET action = 'x'`,
        ),
      () => sql('UPDATE users SET id = gen_random_uuid() WHERE id = $1', [user.id]),
      () => deps.db.prisma.activity.updateMany({ where, data: { action: 'x' } }),
      () => deps.db.prisma.activity.update({ where: key, data: { action: 'x' } }),
      () => deps.db.prisma.activity.deleteMany({ where }),
      () => deps.db.prisma.activity.delete({ where: key }),
      () => deps.db.prisma.$executeRawUnsafe('DELETE FROM activity'),
    ]) {
      await expect(attempt(), attempt.toString()).rejects.toThrow(refused);
    }
    expect(await deps.db.prisma.activity.findMany({ where })).toEqual(before);
  });

  it('of tasks and goals can be deleted only after the counter marks them as pruned; others stay', async () => {
    const { user } = await signUp(deps);
    const before = await deps.changes.latest(user.id);
    for (const entity of entities) await addLine(user.id, { entity, action: 'noted' });
    const remove = (entity: string) =>
      deps.db.query(
        { text: `DELETE FROM activity WHERE user_id = $1 AND entity = $2::activity_entity AND action = 'noted'` },
        [user.id, entity],
      );
    const prunedThrough = before + entities.indexOf('task') + 1;
    await deps.db.prisma.changeCounter.update({ where: { userId: user.id }, data: { prunedThrough } });
    await remove('task');
    for (const entity of ['user', 'session', 'goal', 'list']) await expect(remove(entity)).rejects.toThrow(refused);
    await deps.db.prisma.changeCounter.update({ where: { userId: user.id }, data: { prunedThrough: 100 } });
    await remove('goal');
    await remove('list');
    const left = entities.filter((entity) => !['task', 'goal', 'list'].includes(entity));
    for (const entity of left) await expect(remove(entity)).rejects.toThrow(refused);
    const lines = await deps.db.prisma.activity.findMany({
      where: { userId: user.id, action: 'noted' },
      orderBy: { number: 'asc' },
    });
    expect(lines.map(({ entity }) => entity)).toEqual(left);
  });

  it('are deleted with their user', async () => {
    const [gone, stays] = [await signUp(deps), await signUp(deps)];
    await deps.db.query({ text: 'DELETE FROM users WHERE id = $1' }, [gone.user.id]);
    expect(await deps.db.prisma.activity.count({ where: { userId: gone.user.id } })).toBe(0);
    expect(await deps.db.prisma.activity.count({ where: { userId: stays.user.id } })).toBe(3);
  });
});
