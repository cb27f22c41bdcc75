import type { RunQuery } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { goals } from '../../features/goals/entity.ts';
import { lists } from '../../features/lists/entity.ts';
import { tasks } from '../../features/tasks/entity.ts';
import { signUp, testDeps } from '../../testing/index.ts';
import { currentColumns, wireFields } from './columns.ts';
import { type Condition, condition } from './condition.ts';
import { createRow, createRows } from './create-rows.ts';
import type { NewRow } from './entity.ts';
import { updateRow, updateRows } from './update-rows.ts';
import { writeGroup } from './write-context.ts';

interface Line {
  readonly number: number;
  readonly entity: string;
  readonly entityId: string;
  readonly action: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly groupNumber: number | null;
}

let deps: Deps;

beforeAll(async () => {
  deps = await testDeps(await testDatabase());
});
afterAll(() => deps.db.close());

const activityOf = (userId: string) =>
  deps.db.query<Line>(
    {
      text: 'SELECT number, entity, entity_id AS "entityId", action, before, after, group_number AS "groupNumber" FROM activity WHERE user_id = $1 ORDER BY number',
    },
    [userId],
  );

describe('every mutation', () => {
  it('takes the next change number and writes an activity entry with the old and the new values', async () => {
    const { api, user } = await signUp(deps);
    const goal = await api.goals.create({ title: 'g' });
    const task = await api.tasks.create({ title: 'a', notes: 'n' });
    await api.tasks.update({ id: task.id, title: 'b', goalId: goal.id });
    await api.tasks.complete({ id: task.id });
    await api.tasks.reopen({ id: task.id });
    await api.tasks.delete({ id: task.id });
    await api.tasks.restore({ id: task.id });
    await api.goals.update({ id: goal.id, metric: { current: 40 } });
    await api.goals.delete({ id: goal.id });
    await api.users.update({ name: 'Grace' });
    await api.auth.logout();

    const lines = await activityOf(user.id);
    expect(lines.map((line) => `${line.number} ${line.entity}.${line.action}`)).toEqual([
      '1 user.create',
      '2 list.create',
      '3 session.register',
      '4 goal.create',
      '5 task.create',
      '6 task.update',
      '7 task.complete',
      '8 task.reopen',
      '9 task.delete',
      '10 task.restore',
      '11 goal.update',
      '12 goal.delete',
      '13 user.update',
      '14 session.logout',
    ]);
    expect(lines[4]).toMatchObject({ before: null, after: { title: 'a', notes: 'n', version: 1 } });
    expect(lines[5]).toMatchObject({
      entityId: task.id,
      before: { title: 'a', goal_id: null, version: 1 },
      after: { title: 'b', goal_id: goal.id, version: 2 },
    });
    expect(Object.keys(lines[5]?.after ?? {}).sort()).toEqual(['goal_id', 'title', 'version']);
  });

  it('never writes a password or a token into an activity entry', async () => {
    const { user, tokens } = await signUp(deps);
    const text = JSON.stringify(await activityOf(user.id));
    expect(text).not.toMatch(/argon2|password|refresh_hash/);
    expect(text).not.toContain(tokens.refreshToken);
  });

  it('takes no number when it fails or changes nothing', async () => {
    const { api, user } = await signUp(deps);
    const { id } = await api.tasks.create({ title: 'a' });
    const failing = [
      api.tasks.update({ id, title: 'b', expectedVersion: 9 }),
      api.tasks.update({ id: uuidv7(), title: 'b' }),
      api.tasks.create({ id, title: 'taken' }),
      api.goals.update({ id: uuidv7(), title: 'b' }),
    ];
    const outcomes = await Promise.allSettled(failing);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(failing.map(() => 'rejected'));
    await api.tasks.update({ id, title: 'a' });
    await api.tasks.reopen({ id });
    await api.tasks.create({ title: 'next' });
    expect((await activityOf(user.id)).map((line) => line.number)).toEqual([1, 2, 3, 4, 5]);
  });

  it('has its own condition, independent of other uses of the same action', async () => {
    const { api, user } = await signUp(deps);
    const { id } = await api.tasks.create({ title: 'a' });
    const ctx = { deps, user: { id: user.id, sessionId: null } };
    const rename = (title: string, onlyIf: Condition<'onlyIf'>) =>
      updateRow(ctx, tasks, { id, action: 'rename', set: { title }, onlyIf });
    expect(await rename('b', condition('onlyIf', tasks, `(p.r).status = 'todo'`))).toMatchObject({
      title: 'b',
      version: 2,
    });
    expect(await rename('c', condition('onlyIf', tasks, `(p.r).status = 'done'`))).toMatchObject({
      title: 'b',
      version: 2,
    });
  });

  it('gives 100 concurrent writers numbers without gaps or duplicates, in commit order', async () => {
    const { api, user } = await signUp(deps);
    const tasks = await Promise.all(Array.from({ length: 10 }, (_, i) => api.tasks.create({ title: `t${i}` })));
    // A reader that looks on: once it has seen number n, nothing below n may appear any more.
    let isDone = false;
    const seen = new Set<number>();
    const reader = (async () => {
      while (!isDone) {
        const numbers = (await activityOf(user.id)).map((line) => line.number);
        const highest = Math.max(0, ...seen);
        expect(numbers.filter((number) => number <= highest && !seen.has(number))).toEqual([]);
        expect(numbers).toEqual(numbers.map((_, index) => index + 1));
        for (const number of numbers) seen.add(number);
      }
    })();
    // On a busy machine some are told to come again, and do.
    const write = async (i: number): Promise<unknown> =>
      api.tasks.update({ id: tasks[i % 10]?.id ?? '', title: `write ${i}` }).catch((error) => {
        if (error.cause?.code !== 'TOO_MANY_REQUESTS') throw error;
        return write(i);
      });
    await Promise.all(Array.from({ length: 100 }, (_, i) => write(i)));
    isDone = true;
    await reader;
    const lines = await activityOf(user.id);
    expect(lines.map((line) => line.number)).toEqual(Array.from({ length: 113 }, (_, i) => i + 1));
    const [counter] = await deps.db.query<{ number: number }>(
      { text: 'SELECT number FROM change_counters WHERE user_id = $1' },
      [user.id],
    );
    expect(counter?.number).toBe(113);
    // Each line continues from the line before it of the same task: the order of numbers is the order of writes.
    for (const task of tasks) {
      const own = lines.filter((line) => line.entityId === task.id);
      for (const [index, line] of own.entries()) {
        if (index > 0) expect(line.before?.['title']).toBe(own[index - 1]?.after?.['title']);
        expect(line.after?.['version']).toBe(index + 1);
      }
    }
  });
});

describe('the database', () => {
  const insertTask = (userId: string, id: string, goalId: string | null) =>
    deps.db.query(
      {
        text: `INSERT INTO tasks (user_id, id, title, due_by, goal_id, created_at, updated_at)
               VALUES ($1, $2, 't', '9999-12-31 23:59:59', $3, now(), now())`,
      },
      [userId, id, goalId],
    );

  it("refuses a link to another user's row, without the application's checks", async () => {
    const [ada, bob] = await Promise.all([signUp(deps), signUp(deps)]);
    const goal = await ada.api.goals.create({ title: 'g' });
    await expect(insertTask(bob.user.id, uuidv7(), goal.id)).rejects.toThrow(/tasks_user_id_goal_id_fkey/);
    await insertTask(ada.user.id, uuidv7(), goal.id);
    const { id } = await bob.api.tasks.create({ title: 't' });
    const relink = { text: 'UPDATE tasks SET goal_id = $3 WHERE user_id = $1 AND id = $2' };
    await expect(deps.db.query(relink, [bob.user.id, id, goal.id])).rejects.toThrow(/tasks_user_id_goal_id_fkey/);
  });

  it('allows two users the same id', async () => {
    const [ada, bob] = await Promise.all([signUp(deps), signUp(deps)]);
    const id = uuidv7();
    await insertTask(ada.user.id, id, null);
    await insertTask(bob.user.id, id, null);
    await expect(insertTask(bob.user.id, id, null)).rejects.toThrow(/tasks_pkey/);
    await ada.api.tasks.update({ id, title: 'hers' });
    expect((await bob.api.tasks.get({ id })).title).toBe('t');
  });
});

describe('several changes at once', () => {
  const newTasks = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      ...{ id: uuidv7(), title: `t${index}`, notes: '', status: 'todo', priority: 'none', estimateMinutes: null },
      ...{ dueDate: null, dueTime: null, dueTimeZone: null, dueBy: '9999-12-31 23:59:59' },
      ...{
        listId: null,
        goalId: null,
        deadline: null,
        deferUntil: null,
        recurrence: null,
        plannedFor: null,
        labelIds: [],
        parentId: null,
        blockedBy: [],
        weight: 1,
        startedAt: null,
        completedAt: null,
        deletedAt: null,
      },
    })) as NewRow<typeof tasks>[];
  const counted = (own: Deps) => {
    let statements = 0;
    const query: RunQuery = (statement, values) => {
      statements += 1;
      return own.db.query(statement, values);
    };
    return { query, count: () => statements };
  };

  it('are one statement, with numbers in order, one entry each, and one group', async () => {
    const { user } = await signUp(deps);
    const { query, count } = counted(deps);
    const ctx = { deps, user: { id: user.id, sessionId: null }, query };
    const before = (await activityOf(user.id)).length;
    const rows = newTasks(100);
    const created = await createRows(ctx, tasks, rows);
    expect(created.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    const updates = rows.toReversed().map(({ id }, index) => ({ id, set: { title: `u${index}` } }));
    const updated = await updateRows(ctx, tasks, updates, { action: 'update' });
    expect(updated.map(({ title }) => title)).toEqual(updates.map(({ set }) => set.title));
    expect(count()).toBe(2);

    const lines = (await activityOf(user.id)).slice(before);
    expect(lines.map(({ number }) => number)).toEqual(lines.map((_, index) => before + 1 + index));
    expect(lines.map(({ entityId }) => entityId)).toEqual([...rows, ...rows.toReversed()].map(({ id }) => id));
    expect(lines.map(({ groupNumber }) => groupNumber)).toEqual(
      lines.map((_, index) => before + (index < 100 ? 1 : 101)),
    );
    expect(lines[100]).toMatchObject({ before: { title: 't99', version: 1 }, after: { title: 'u0', version: 2 } });
  });

  it('happen all or none: a stale, a missing and a badly linked row each refuse the rest', async () => {
    const { user } = await signUp(deps);
    const ctx = { deps, user: { id: user.id, sessionId: null } };
    const rows = newTasks(5);
    await createRows(ctx, tasks, rows);
    const before = await activityOf(user.id);
    const ids = rows.map(({ id }) => id);
    const set = { title: 'x' };
    const others = ids.slice(1).map((id) => ({ id, set }));
    const attempts = [
      updateRows(ctx, tasks, [...others, { id: ids[0] ?? '', set, expectedVersion: 7 }], { action: 'update' }),
      updateRows(ctx, tasks, [...others, { id: uuidv7(), set }], { action: 'update' }),
      updateRows(ctx, tasks, [...others, { id: ids[0] ?? '', set: { goalId: uuidv7() } }], { action: 'update' }),
      createRows(ctx, tasks, [...newTasks(3), ...newTasks(1).map((row) => ({ ...row, goalId: uuidv7() }))]),
      createRows(ctx, tasks, [...newTasks(3), { ...(rows[0] as NewRow<typeof tasks>) }]),
    ];
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toMatchObject([
      { code: 'STALE_VERSION' },
      { code: 'NOT_FOUND', errors: [{ path: '4.id' }] },
      { code: 'NOT_FOUND', errors: [{ path: '4.goalId' }] },
      { code: 'NOT_FOUND', errors: [{ path: '3.goalId' }] },
      { code: 'CONFLICT' },
    ]);
    expect(await activityOf(user.id)).toEqual(before);
  });

  it('of several entities are one group, which is undone as one', async () => {
    const { api, user } = await signUp(deps);
    const ctx = { deps, user: { id: user.id, sessionId: null } };
    const [first, second] = newTasks(2);
    if (first === undefined || second === undefined) throw new Error('two tasks');
    const [listId, goalId] = [uuidv7(), uuidv7()];
    const group = await writeGroup(ctx, async (own) => {
      const list = { name: 'l', color: null, position: 'a5', archivedAt: null, deletedAt: null };
      await createRow(own, lists, { ...list, id: listId });
      const metric = { metricUnit: '%', metricStart: 0, metricTarget: 100, metricCurrent: 0 };
      const goal = { title: 'g', notes: '', state: 'active', dueDate: null, progressSource: 'manual' } as const;
      await createRow(own, goals, { ...goal, ...metric, id: goalId, deletedAt: null });
      await createRows(own, tasks, [
        { ...first, listId, goalId },
        { ...second, listId },
      ]);
      return own.group;
    });
    const lines = (await activityOf(user.id)).filter(({ groupNumber }) => groupNumber === group);
    expect(lines.map(({ entity }) => entity)).toEqual(['list', 'goal', 'task', 'task']);
    const undone = await api.sync.undo({ number: group, wholeGroup: true });
    expect((await api.tasks.list({})).items).toEqual([]);
    expect((await api.goals.list({})).items).toEqual([]);
    await api.sync.undo({ number: undone.number, wholeGroup: true });
    expect(await api.tasks.get({ id: first.id })).toMatchObject({ listId, goalId });
  });

  it('of a row whose columns had another name are read under the present name', async () => {
    const renamed = { ...tasks, formerColumns: { minutes: 'estimate_minutes' } };
    expect(wireFields(renamed, ['minutes', 'title'])).toEqual(['estimateMinutes', 'title']);
    const [found] = await deps.db.query<{ now: unknown }>(
      { text: `SELECT ${currentColumns(renamed, `'{"minutes": 5, "title": "a"}'::jsonb`)} AS now` },
      [],
    );
    expect(found?.now).toEqual({ estimate_minutes: 5, title: 'a' });
  });
});
