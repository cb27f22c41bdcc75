import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { signUp, type TestClock, testClock, testDeps } from '../../testing/index.ts';

let deps: Deps;
let clock: TestClock;

beforeAll(async () => {
  clock = testClock();
  deps = await testDeps(await testDatabase(), { clock });
});
afterAll(() => deps.db.close());

const person = () => signUp(deps).then(({ api }) => api);

describe('progress', () => {
  it('follows the metric, up and down, and stays between 0 and 1', async () => {
    const api = await person();
    const weight = await api.goals.create({ title: 'Lighter', metric: { unit: 'kg', start: 90, target: 80 } });
    expect(weight).toMatchObject({
      metric: { current: 90, direction: 'down' },
      progress: { source: 'manual', fraction: 0 },
    });
    const at = async (current: number) =>
      (await api.goals.update({ id: weight.id, metric: { current } })).progress.fraction;
    expect(await at(85)).toBe(0.5);
    expect(await at(79)).toBe(1);
    expect(await at(95)).toBe(0);
  });

  it('follows the linked tasks by weight, and shows added scope', async () => {
    const api = await person();
    const goal = await api.goals.create({
      title: 'Ship',
      progressSource: 'tasks',
      metric: { unit: 'points', target: 200 },
    });
    const { id } = goal;
    const state = async () => {
      const { progress, metric } = await api.goals.get({ id });
      return { fraction: progress.fraction, current: metric.current, ...progress.tasks };
    };
    expect(await state()).toEqual({ fraction: null, current: 0, done: 0, total: 0, doneWeight: 0, totalWeight: 0 });
    const heavy = await api.tasks.create({ title: 'heavy', goalId: id, weight: 3 });
    const light = await api.tasks.create({ title: 'light', goalId: id });
    await api.tasks.create({ title: 'elsewhere' });
    await api.tasks.complete({ id: heavy.id });
    expect(await state()).toEqual({ fraction: 0.75, current: 150, done: 1, total: 2, doneWeight: 3, totalWeight: 4 });
    await api.tasks.create({ title: 'more', goalId: id, weight: 2 });
    expect(await state()).toMatchObject({ fraction: 0.5, done: 1, total: 3 });
    await api.tasks.update({ id: light.id, status: 'cancelled' });
    expect(await state()).toMatchObject({ fraction: 0.6, total: 2 });
    await api.tasks.delete({ id: heavy.id });
    expect(await state()).toMatchObject({ fraction: 0, total: 1 });
    await api.tasks.restore({ id: heavy.id });
    await api.tasks.reopen({ id: heavy.id });
    expect(await state()).toMatchObject({ fraction: 0, done: 0, total: 2, doneWeight: 0 });
  });

  it('counts the tasks when all weights are zero', async () => {
    const api = await person();
    const { id } = await api.goals.create({ title: 'g', progressSource: 'tasks' });
    for (const status of ['done', 'todo'] as const)
      await api.tasks.create({ title: 't', goalId: id, weight: 0, status });
    expect((await api.goals.get({ id })).progress.fraction).toBe(0.5);
  });
});

describe('a goal', () => {
  it('can be updated field by field, including the metric', async () => {
    const api = await person();
    const { id } = await api.goals.create({ title: 'g', dueDate: '2026-12-31' });
    expect(await api.goals.update({ id, metric: { unit: 'pages', current: 7 } })).toMatchObject({
      title: 'g',
      dueDate: '2026-12-31',
      metric: { unit: 'pages', start: 0, target: 100, current: 7, direction: 'up' },
      version: 2,
    });
    expect(await api.goals.update({ id, state: 'paused', dueDate: null })).toMatchObject({
      state: 'paused',
      dueDate: null,
    });
  });

  it('needs a start that differs from its target', async () => {
    const api = await person();
    const refusal = { code: 'BAD_REQUEST' };
    await expect(api.goals.create({ title: 'g', metric: { start: 5, target: 5 } })).rejects.toMatchObject(refusal);
    const { id } = await api.goals.create({ title: 'g' });
    await expect(api.goals.update({ id, metric: { start: 1, target: 1 } })).rejects.toMatchObject(refusal);
    // One half is sent, the other stands in the database.
    await expect(api.goals.update({ id, metric: { start: 100 } })).rejects.toMatchObject({
      cause: { code: 'VALIDATION_FAILED', errors: [{ path: 'metric.target' }] },
    });
    for (const current of [Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(api.goals.update({ id, metric: { current } })).rejects.toMatchObject(refusal);
    }
  });

  it('is deleted and restored with its links; a deleted goal accepts no tasks', async () => {
    const api = await person();
    const goal = await api.goals.create({ title: 'g', progressSource: 'tasks' });
    const task = await api.tasks.create({ title: 't', goalId: goal.id, status: 'done' });
    const deleted = await api.goals.delete({ id: goal.id, expectedVersion: 1 });
    expect(deleted).toMatchObject({ version: 2, deletedAt: clock.now().toISOString() });
    await expect(api.goals.get({ id: goal.id })).rejects.toMatchObject({ cause: { code: 'NOT_FOUND' } });
    await expect(api.tasks.create({ title: 't', goalId: goal.id })).rejects.toMatchObject({
      cause: { code: 'NOT_FOUND' },
    });
    expect(await api.tasks.get({ id: task.id })).toMatchObject(task);
    expect((await api.goals.list({ deleted: true })).items.map(({ id }) => id)).toEqual([goal.id]);
    expect(await api.goals.restore({ id: goal.id })).toMatchObject({
      version: 3,
      deletedAt: null,
      progress: { fraction: 1 },
    });
  });

  it('is listed in pages, newest first, filtered by state', async () => {
    const api = await person();
    for (let i = 0; i < 7; i += 1) {
      clock.advance({ seconds: i % 2 });
      await api.goals.create({ title: `g${i}`, state: i % 3 === 0 ? 'achieved' : 'active' });
    }
    const titles: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await api.goals.list({ limit: 2, ...(cursor ? { cursor } : {}) });
      titles.push(...page.items.map((goal) => goal.title));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(titles).toHaveLength(7);
    expect(new Set(titles).size).toBe(7);
    expect(titles[6]).toBe('g0');
    const achieved = await api.goals.list({ state: ['achieved'] });
    expect(achieved.items.map((goal) => goal.title).sort()).toEqual(['g0', 'g3', 'g6']);
  });

  it('is NOT_FOUND for other users, with the same message', async () => {
    const [api, other] = await Promise.all([person(), person()]);
    const { id } = await api.goals.create({ title: 'g' });
    for (const call of ['get', 'update', 'delete', 'restore'] as const) {
      const messages = await Promise.all(
        [id, uuidv7()].map((target) =>
          other.goals[call]({ id: target }).then(
            () => 'found',
            (error: Error) => error.message,
          ),
        ),
      );
      expect(messages).toEqual(['Goal not found', 'Goal not found']);
    }
  });

  it('accepts an id from the client, once', async () => {
    const api = await person();
    const id = uuidv7();
    await api.goals.create({ id, title: 'g' });
    await expect(api.goals.create({ id, title: 'g' })).rejects.toMatchObject({ cause: { code: 'CONFLICT' } });
  });
});
