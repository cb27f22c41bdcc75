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

describe('tasks.create', () => {
  it('stores the input and fills in defaults', async () => {
    const api = await person();
    const task = await api.tasks.create({
      title: '  Größe 📏 — 日本語 \u202e ',
      due: { date: '2028-02-29', time: '09:30', timeZone: 'Europe/Berlin' },
      priority: 'high',
    });
    expect(task).toMatchObject({
      title: '  Größe 📏 — 日本語 \u202e ',
      notes: '',
      status: 'todo',
      priority: 'high',
      due: { date: '2028-02-29', time: '09:30', timeZone: 'Europe/Berlin' },
      weight: 1,
      version: 1,
      createdAt: '2026-03-04T10:00:00.000Z',
      completedAt: null,
    });
    expect(await api.tasks.get({ id: task.id })).toEqual({ ...task, blocked: false, childCount: 0, openChildCount: 0 });
  });

  it('accepts an id from the client, once', async () => {
    const api = await person();
    const id = uuidv7();
    expect((await api.tasks.create({ id, title: 'mine' })).id).toBe(id);
    await expect(api.tasks.create({ id, title: 'again' })).rejects.toMatchObject({
      cause: { code: 'CONFLICT', errors: [{ path: 'id' }] },
    });
    // Somebody else may hold the same id: it is no secret and no claim.
    const other = await person();
    expect((await other.tasks.create({ id, title: 'theirs' })).id).toBe(id);
    expect((await api.tasks.get({ id })).title).toBe('mine');
  });

  it.each([
    ['title', { title: '' }],
    ['title', { title: '   ' }],
    ['title', { title: 'x'.repeat(501) }],
    ['title', { title: 'nul \u0000' }],
    ['title', { title: 'half \ud800' }],
    ['due.date', { title: 't', due: { date: '2026-02-29' } }],
    ['due.timeZone', { title: 't', due: { date: '2026-03-01', time: '09:00', timeZone: '+02:00' } }],
    ['due.timeZone', { title: 't', due: { date: '2026-03-01', timeZone: 'Europe/Berlin' } }],
    ['', { title: 't', userId: uuidv7(), role: 'admin' }],
    ['id', { title: 't', id: 'not-a-uuid' }],
    ['weight', { title: 't', weight: -1 }],
  ])('refuses an invalid %s and names it', async (path, input) => {
    const api = await person();
    await expect(api.tasks.create(input)).rejects.toSatisfy((error: { cause: { issues: { path: string[] }[] } }) =>
      error.cause.issues.some((issue) => issue.path.join('.') === path),
    );
  });

  it('measures a title in code points', async () => {
    const api = await person();
    const title = '🙂'.repeat(500);
    expect((await api.tasks.create({ title })).title).toBe(title);
  });

  it('links only to a goal of the same user', async () => {
    const [api, other] = await Promise.all([person(), person()]);
    const goal = await api.goals.create({ title: 'Ship it' });
    const foreign = await other.goals.create({ title: 'Theirs' });
    expect((await api.tasks.create({ title: 't', goalId: goal.id })).goalId).toBe(goal.id);
    for (const goalId of [foreign.id, uuidv7()]) {
      await expect(api.tasks.create({ title: 't', goalId })).rejects.toMatchObject({
        cause: { code: 'NOT_FOUND', message: 'Goal not found', errors: [{ path: 'goalId' }] },
      });
    }
  });
});

describe('tasks.update', () => {
  it('changes the given fields and keeps the others', async () => {
    const api = await person();
    const task = await api.tasks.create({ title: 'a', notes: 'n', due: { date: '2026-05-01' }, estimateMinutes: 30 });
    const updated = await api.tasks.update({ id: task.id, title: 'b', due: null });
    expect(updated).toMatchObject({ title: 'b', notes: 'n', due: null, estimateMinutes: 30, version: 2 });
  });

  it('does nothing when nothing changes', async () => {
    const api = await person();
    const task = await api.tasks.create({ title: 'a' });
    clock.advance({ seconds: 1 });
    expect(await api.tasks.update({ id: task.id, title: 'a' })).toEqual(task);
  });

  it('refuses a stale version and returns the current one', async () => {
    const api = await person();
    const { id } = await api.tasks.create({ title: 'a' });
    await api.tasks.update({ id, title: 'b', expectedVersion: 1 });
    await expect(api.tasks.update({ id, title: 'c', expectedVersion: 1 })).rejects.toMatchObject({
      cause: { code: 'STALE_VERSION', details: { currentVersion: 2 } },
    });
    expect((await api.tasks.get({ id })).title).toBe('b');
  });

  it('applies one of 50 concurrent updates of one version', async () => {
    const api = await person();
    const { id } = await api.tasks.create({ title: 'a' });
    const writes = Array.from({ length: 50 }, (_, i) => api.tasks.update({ id, title: `w${i}`, expectedVersion: 1 }));
    const results = await Promise.allSettled(writes);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(await api.tasks.get({ id })).toMatchObject({ version: 2 });
  });
});

describe('the lifecycle of a task', () => {
  it('is completed once, reopened, started', async () => {
    const api = await person();
    const { id } = await api.tasks.create({ title: 'a' });
    const done = await api.tasks.complete({ id });
    expect(done).toMatchObject({ status: 'done', completedAt: deps.clock.now().toISOString() });
    clock.advance({ minutes: 5 });
    expect(await api.tasks.complete({ id })).toEqual(done);
    expect(await api.tasks.update({ id, title: 'b' })).toMatchObject({ completedAt: done.completedAt });
    expect(await api.tasks.reopen({ id })).toMatchObject({ status: 'todo', completedAt: null });
    const started = await api.tasks.update({ id, status: 'in_progress' });
    expect(started).toMatchObject({ startedAt: deps.clock.now().toISOString(), completedAt: null });
    expect(await api.tasks.reopen({ id })).toEqual(started);
    clock.advance({ minutes: 5 });
    expect(await api.tasks.update({ id, status: 'done' })).toMatchObject({
      startedAt: started.startedAt,
      completedAt: deps.clock.now().toISOString(),
    });
  });

  it('is deleted, listed among the deleted tasks, and restored unchanged', async () => {
    const api = await person();
    const task = await api.tasks.create({ title: 'a' });
    const deleted = await api.tasks.delete({ id: task.id, expectedVersion: 1 });
    expect(deleted.deletedAt).toBe(deps.clock.now().toISOString());
    await expect(api.tasks.get({ id: task.id })).rejects.toMatchObject({ cause: { code: 'NOT_FOUND' } });
    await expect(api.tasks.update({ id: task.id, title: 'b' })).rejects.toMatchObject({ cause: { code: 'NOT_FOUND' } });
    await expect(api.tasks.delete({ id: task.id })).rejects.toMatchObject({ cause: { code: 'NOT_FOUND' } });
    expect((await api.tasks.list({})).items).toEqual([]);
    expect((await api.tasks.list({ deleted: true })).items).toEqual([{ ...deleted, blocked: false }]);
    const restored = await api.tasks.restore({ id: task.id });
    expect(restored).toEqual({ ...task, version: 3, updatedAt: restored.updatedAt });
    expect(await api.tasks.restore({ id: task.id })).toEqual(restored);
  });

  it('is NOT_FOUND for other users, with the same message', async () => {
    const [api, other] = await Promise.all([person(), person()]);
    const { id } = await api.tasks.create({ title: 'a' });
    const calls = ['get', 'update', 'complete', 'reopen', 'delete', 'restore'] as const;
    for (const call of calls) {
      const messages = await Promise.all(
        [id, uuidv7()].map((target) =>
          other.tasks[call]({ id: target }).then(
            () => 'found',
            (error: Error) => error.message,
          ),
        ),
      );
      expect(messages).toEqual(['Task not found', 'Task not found']);
    }
    expect(await api.tasks.get({ id })).toMatchObject({ version: 1, title: 'a' });
  });
});
