import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { signUp, testClock, testDeps } from '../../testing/index.ts';
import { mostLabels } from './create-label.ts';

const clock = testClock();
let deps: Deps;

beforeAll(async () => {
  deps = await testDeps(await testDatabase(), { clock });
});
afterAll(() => deps.db.close());

const person = async () => {
  const { api, user } = await signUp(deps);
  const copies = () =>
    deps.db.query<{ taskId: string; labelId: string }>(
      { text: 'SELECT task_id AS "taskId", label_id AS "labelId" FROM task_labels WHERE user_id = $1 ORDER BY 1, 2' },
      [user.id],
    );
  const latest = () => deps.changes.latest(user.id);
  return { api, user, copies, latest };
};
const failure = (code: string, path?: string) => ({
  cause: { code, ...(path === undefined ? {} : { errors: [{ path }] }) },
});

describe('labels', () => {
  it('are created, changed, listed by name, deleted and restored', async () => {
    const { api } = await person();
    const zoo = await api.labels.create({ name: 'zoo', color: '#ABCDEF' });
    expect(zoo).toMatchObject({ name: 'zoo', color: '#abcdef', version: 1, deletedAt: null });
    const home = await api.labels.create({ name: 'Home' });
    const errand = await api.labels.create({ name: 'errand' });
    expect((await api.labels.list({})).items.map(({ name }) => name)).toEqual(['errand', 'Home', 'zoo']);
    const first = await api.labels.list({ limit: 2 });
    expect(first.items.map(({ id }) => id)).toEqual([errand.id, home.id]);
    const second = await api.labels.list({ limit: 2, cursor: first.nextCursor ?? '' });
    expect(second).toMatchObject({ items: [{ id: zoo.id }], nextCursor: null });

    const renamed = await api.labels.update({ id: zoo.id, name: 'Zoo', color: null, expectedVersion: 1 });
    expect(renamed).toMatchObject({ name: 'Zoo', color: null, version: 2 });
    await expect(api.labels.update({ id: zoo.id, name: 'x', expectedVersion: 1 })).rejects.toMatchObject(
      failure('STALE_VERSION'),
    );
    await api.labels.delete({ id: zoo.id });
    await expect(api.labels.get({ id: zoo.id })).rejects.toMatchObject(failure('NOT_FOUND'));
    expect((await api.labels.list({ deleted: true })).items.map(({ id }) => id)).toEqual([zoo.id]);
    expect(await api.labels.restore({ id: zoo.id })).toMatchObject({ name: 'Zoo', version: 4, deletedAt: null });
    expect(await api.labels.get({ id: zoo.id })).toMatchObject({ version: 4 });
  });

  it('have names that are unique among those that exist, ignoring case', async () => {
    const [{ api, latest }, other] = await Promise.all([person(), person()]);
    const work = await api.labels.create({ name: 'Ärger' });
    const taken = failure('CONFLICT', 'name');
    await expect(api.labels.create({ name: 'äRGER' })).rejects.toMatchObject(taken);
    await other.api.labels.create({ name: 'Ärger' });
    const home = await api.labels.create({ name: 'home' });
    await expect(api.labels.update({ id: home.id, name: 'ärger' })).rejects.toMatchObject(taken);
    await api.labels.update({ id: work.id, name: 'ÄRGER' });
    await api.labels.delete({ id: work.id });
    const deletion = await latest();
    await api.labels.create({ name: 'ärger' });
    await expect(api.labels.restore({ id: work.id })).rejects.toMatchObject(taken);
    await expect(api.sync.undo({ number: deletion })).rejects.toMatchObject(failure('CANNOT_UNDO'));
  });

  it.each([[''], ['   '], ['x'.repeat(51)]])('cannot be called "%s"', async (name) => {
    const { api } = await person();
    await expect(api.labels.create({ name })).rejects.toMatchObject({ cause: { issues: [{ path: ['name'] }] } });
  });

  it('end at 500, also when many are created at once', async () => {
    const { api, user } = await person();
    await deps.db.query(
      {
        text: `INSERT INTO labels (user_id, id, name, created_at, updated_at)
               SELECT $1, gen_random_uuid(), n::text, now(), now() FROM generate_series(1, $2::int) n`,
      },
      [user.id, mostLabels - 1],
    );
    const attempts = await Promise.allSettled(['a', 'b', 'c'].map((name) => api.labels.create({ name })));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(attempts.find(({ status }) => status === 'rejected')).toMatchObject({ reason: failure('CONFLICT') });
  });

  it('are NOT_FOUND for another user, as if they were not there', async () => {
    const [ada, bob] = await Promise.all([person(), person()]);
    const hers = await ada.api.labels.create({ name: 'hers' });
    for (const id of [hers.id, uuidv7()]) {
      const attempts = [
        bob.api.labels.get({ id }),
        bob.api.labels.update({ id, name: 'x' }),
        bob.api.labels.delete({ id }),
        bob.api.labels.restore({ id }),
      ];
      for (const outcome of await Promise.allSettled(attempts)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: failure('NOT_FOUND') });
      }
      const linking = [
        bob.api.tasks.create({ title: 'x', labels: [id] }),
        bob.api.tasks.create({ title: 'x' }).then((task) => bob.api.tasks.update({ id: task.id, labels: [id] })),
      ];
      for (const outcome of await Promise.allSettled(linking)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: failure('NOT_FOUND', 'labels') });
      }
      expect((await bob.api.tasks.list({ labelId: id })).items).toEqual([]);
    }
    expect(await bob.copies()).toEqual([]);
  });
});

describe('the labels of a task', () => {
  it('are sorted, without duplicates, and copied to the table with the foreign keys', async () => {
    const { api, copies } = await person();
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => api.labels.create({ name })));
    const [one = '', two = '', three = ''] = [a?.id ?? '', b?.id ?? '', c?.id ?? ''].sort();
    const task = await api.tasks.create({ title: 't', labels: [two, one, two] });
    expect(task.labels).toEqual([one, two]);
    expect(await copies()).toEqual([one, two].map((labelId) => ({ taskId: task.id, labelId })));
    const updated = await api.tasks.update({ id: task.id, labels: [three, two] });
    expect(updated).toMatchObject({ labels: [two, three], version: 2 });
    expect(await api.tasks.get({ id: task.id })).toMatchObject(updated);
    expect(await copies()).toEqual([two, three].map((labelId) => ({ taskId: task.id, labelId })));
    await api.tasks.update({ id: task.id, labels: [] });
    expect(await copies()).toEqual([]);
  });

  it('are at most 20', async () => {
    const { api } = await person();
    const ids = Array.from({ length: 21 }, () => uuidv7());
    await expect(api.tasks.create({ title: 't', labels: ids })).rejects.toMatchObject({
      cause: { issues: [{ path: ['labels'] }] },
    });
  });

  it('filter a list of tasks', async () => {
    const { api } = await person();
    const label = await api.labels.create({ name: 'a' });
    const ids: string[] = [];
    for (const title of ['1', '2', '3']) ids.push((await api.tasks.create({ title, labels: [label.id] })).id);
    await api.tasks.create({ title: 'other' });
    await api.tasks.delete({ id: ids[1] ?? '' });
    const titles = async (input: object) =>
      (await api.tasks.list({ labelId: label.id, ...input })).items.map(({ title }) => title);
    expect(await titles({})).toEqual(['3', '1']);
    expect(await titles({ deleted: true })).toEqual(['2']);
    expect(await titles({ text: '1' })).toEqual(['1']);
    expect(await titles({ order: 'due', limit: 1 })).toEqual(['1']);
  });

  it('are lost with the label, and come back with an undo of the group', async () => {
    const { api, copies, latest } = await person();
    const [gone, kept] = [await api.labels.create({ name: 'gone' }), await api.labels.create({ name: 'kept' })];
    const labels = [gone.id, kept.id].sort();
    const one = await api.tasks.create({ title: '1', labels });
    const two = await api.tasks.create({ title: '2', labels: [gone.id] });
    const plain = await api.tasks.create({ title: '3' });
    const before = await copies();
    const start = await latest();
    await api.labels.delete({ id: gone.id });
    expect(await latest()).toBe(start + 3);
    expect(await api.tasks.get({ id: one.id })).toMatchObject({ labels: [kept.id], version: 2 });
    expect(await api.tasks.get({ id: two.id })).toMatchObject({ labels: [], version: 2 });
    expect(await api.tasks.get({ id: plain.id })).toMatchObject(plain);
    await expect(api.tasks.update({ id: two.id, labels: [gone.id] })).rejects.toMatchObject(
      failure('NOT_FOUND', 'labels'),
    );

    // One by one: a task cannot have a label back that is deleted.
    await expect(api.sync.undo({ number: start + 2 })).rejects.toMatchObject({
      cause: { code: 'CANNOT_UNDO', details: { fields: ['labels'] } },
    });
    await api.sync.undo({ number: start + 1, wholeGroup: true });
    expect(await api.labels.get({ id: gone.id })).toMatchObject({ deletedAt: null });
    expect(await api.tasks.get({ id: one.id })).toMatchObject({ labels });
    expect(await copies()).toEqual(before);

    await api.labels.delete({ id: gone.id });
    await api.labels.restore({ id: gone.id });
    expect((await api.tasks.list({ labelId: gone.id })).items).toEqual([]);
  });

  it('that were deleted do not come back with a deleted task, however that is restored', async () => {
    const { api, latest } = await person();
    const [gone, kept] = [await api.labels.create({ name: 'gone' }), await api.labels.create({ name: 'kept' })];
    const list = await api.lists.create({ name: 'l' });
    const input = { listId: list.id, labels: [gone.id, kept.id] };
    const [one, two, three] = await Promise.all(['1', '2', '3'].map((title) => api.tasks.create({ ...input, title })));
    await api.tasks.delete({ id: one?.id ?? '' });
    await api.tasks.delete({ id: two?.id ?? '' });
    const deletion = await latest();
    clock.advance({ seconds: 1 });
    await api.lists.delete({ id: list.id });
    await api.labels.delete({ id: gone.id });
    await api.lists.restore({ id: list.id });
    await api.tasks.restore({ id: one?.id ?? '' });
    await api.sync.undo({ number: deletion });
    for (const task of [one, two, three]) {
      expect(await api.tasks.get({ id: task?.id ?? '' })).toMatchObject({ labels: [kept.id] });
    }
  });

  it('refuse to go from more than 2,000 tasks at once', async () => {
    const { api, user } = await person();
    const label = await api.labels.create({ name: 'a' });
    const add = (count: number) =>
      deps.db.query(
        {
          text: `INSERT INTO tasks (user_id, id, title, due_by, label_ids, created_at, updated_at)
                 SELECT $1, gen_random_uuid(), 't', '9999-12-31 23:59:59', ARRAY[$2::uuid], now(), now()
                   FROM generate_series(1, $3::int)`,
        },
        [user.id, label.id, count],
      );
    await add(2001);
    await expect(api.labels.delete({ id: label.id })).rejects.toMatchObject(failure('CONFLICT'));
    expect(await api.labels.get({ id: label.id })).toMatchObject({ version: 1 });
    await api.tasks.delete({ id: (await api.tasks.list({ limit: 1 })).items[0]?.id ?? '' });
    await api.labels.delete({ id: label.id });
    expect((await api.tasks.list({ labelId: label.id })).items).toEqual([]);
  });

  it('are refused by the database if they are of another user', async () => {
    const [ada, bob] = await Promise.all([person(), person()]);
    const hers = await ada.api.labels.create({ name: 'hers' });
    const task = await bob.api.tasks.create({ title: 't' });
    const steal = { text: 'UPDATE tasks SET label_ids = ARRAY[$3::uuid] WHERE user_id = $1 AND id = $2' };
    await expect(deps.db.query(steal, [bob.user.id, task.id, hers.id])).rejects.toThrow(
      /task_labels_user_id_label_id_fkey/,
    );
  });
});
