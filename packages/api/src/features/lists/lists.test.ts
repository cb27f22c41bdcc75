import { testDatabase } from '@alice/db/testing';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { type callAs, signUp, testClock, testDeps } from '../../testing/index.ts';
import { mostLists } from './create-list.ts';

const clock = testClock();
let deps: Deps;

beforeAll(async () => {
  deps = await testDeps(await testDatabase(), { clock });
});
afterAll(() => deps.db.close());

type Api = ReturnType<typeof callAs>;

async function namesOf(api: Api, input: Parameters<Api['lists']['list']>[0] = {}): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await api.lists.list({ ...input, ...(cursor === undefined ? {} : { cursor }) });
    names.push(...page.items.map(({ name }) => name));
    if (page.nextCursor === null) return names;
    cursor = page.nextCursor;
  }
}
const titlesOf = async (api: Api, listId: string) =>
  (await api.tasks.list({ listId, limit: 100 })).items.map(({ title }) => title).sort();
const failure = (code: string, path?: string) => ({
  cause: { code, ...(path === undefined ? {} : { errors: [{ path }] }) },
});

const invalid = (path: string) => ({ cause: { issues: [{ path: [path] }] } });

describe('the Inbox', () => {
  it('exists for every user, has the id of the user, and takes the tasks without a list', async () => {
    const { api, user } = await signUp(deps);
    expect(await api.lists.get({ id: user.id })).toMatchObject({ name: 'Inbox', isInbox: true, version: 1 });
    const task = await api.tasks.create({ title: 'a' });
    expect(task.listId).toBe(user.id);
    expect((await api.tasks.create({ title: 'b', listId: user.id })).listId).toBe(user.id);
    expect(await titlesOf(api, user.id)).toEqual(['a', 'b']);
  });

  it('can be renamed and moved, but neither archived nor deleted, not even by an undo', async () => {
    const { api, user } = await signUp(deps);
    const { id } = user;
    expect(await api.lists.update({ id, name: 'In' })).toMatchObject({ name: 'In', isInbox: true });
    await expect(api.lists.archive({ id })).rejects.toMatchObject(failure('CONFLICT'));
    await expect(api.lists.delete({ id })).rejects.toMatchObject(failure('CONFLICT'));
    await expect(api.sync.undo({ number: 2 })).rejects.toMatchObject(failure('CANNOT_UNDO'));
    expect(await namesOf(api)).toEqual(['In']);
  });
});

describe('lists', () => {
  it('are created, read, changed, archived, deleted and restored', async () => {
    const { api } = await signUp(deps);
    const { id, ...made } = await api.lists.create({ name: 'Home', color: '#3B82F6' });
    expect(made).toMatchObject({ name: 'Home', color: '#3b82f6', isInbox: false, archivedAt: null, version: 1 });
    expect(await api.lists.update({ id, color: null, expectedVersion: 1 })).toMatchObject({ color: null, version: 2 });
    await expect(api.lists.update({ id, name: 'x', expectedVersion: 1 })).rejects.toMatchObject(
      failure('STALE_VERSION'),
    );
    expect((await api.lists.archive({ id })).archivedAt).not.toBeNull();
    expect(await namesOf(api)).toEqual(['Inbox']);
    expect(await namesOf(api, { archived: true })).toEqual(['Home']);
    expect((await api.lists.archive({ id, archived: false })).archivedAt).toBeNull();
    await api.lists.delete({ id });
    await expect(api.lists.get({ id })).rejects.toMatchObject(failure('NOT_FOUND'));
    expect(await namesOf(api, { deleted: true })).toEqual(['Home']);
    await api.lists.restore({ id });
    expect(await namesOf(api)).toEqual(['Inbox', 'Home']);
  });

  it('refuse bad names and colors, and an id that is taken', async () => {
    const { api } = await signUp(deps);
    await expect(api.lists.create({ name: ' ' })).rejects.toMatchObject(invalid('name'));
    await expect(api.lists.create({ name: 'x'.repeat(101) })).rejects.toMatchObject(invalid('name'));
    await expect(api.lists.create({ name: 'a', color: 'red' })).rejects.toMatchObject(invalid('color'));
    const id = uuidv7();
    await api.lists.create({ id, name: 'a' });
    await expect(api.lists.create({ id, name: 'b' })).rejects.toMatchObject(failure('CONFLICT', 'id'));
  });

  it('of another user cannot be read, changed, or given a task', async () => {
    const [ada, bob] = await Promise.all([signUp(deps), signUp(deps)]);
    const { id } = await ada.api.lists.create({ name: 'hers' });
    for (const listId of [id, ada.user.id]) {
      const attempts = [
        bob.api.lists.get({ id: listId }),
        bob.api.lists.update({ id: listId, name: 'x' }),
        bob.api.lists.archive({ id: listId }),
        bob.api.lists.delete({ id: listId }),
        bob.api.lists.reorder({ id: listId, after: null }),
        bob.api.tasks.create({ title: 'x', listId }),
      ];
      for (const outcome of await Promise.allSettled(attempts)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: failure('NOT_FOUND') });
      }
    }
  });

  it('end at 500', async () => {
    const { api, user } = await signUp(deps);
    await deps.db.query(
      {
        text: `INSERT INTO lists (user_id, id, name, position, created_at, updated_at)
               SELECT $1, gen_random_uuid(), n::text, 'b' || lpad(n::text, 4, '0') || '1', now(), now()
                 FROM generate_series(1, $2::int) n`,
      },
      [user.id, mostLists - 2],
    );
    await api.lists.create({ name: 'last' });
    await expect(api.lists.create({ name: 'more' })).rejects.toMatchObject(failure('CONFLICT'));
    expect(await namesOf(api, { limit: 100 })).toEqual([
      'Inbox',
      ...Array.from({ length: mostLists - 2 }, (_, index) => String(index + 1)),
      'last',
    ]);
  });
});

describe('the order of lists', () => {
  it('is what the moves say, however often they go to the same place', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 5 }), fc.integer({ min: -1, max: 5 })), { minLength: 1, maxLength: 60 }),
        async (moves) => {
          const { api, user } = await signUp(deps);
          const ids = [user.id];
          for (const name of ['a', 'b', 'c', 'd', 'e']) ids.push((await api.lists.create({ name })).id);
          let order = [...ids];
          for (const [from, to] of moves) {
            const [id, after] = [ids[from] ?? '', to < 0 ? null : (ids[to] ?? '')];
            await api.lists.reorder({ id, after });
            if (after === id) continue;
            order = order.filter((other) => other !== id);
            order.splice(after === null ? 0 : order.indexOf(after) + 1, 0, id);
          }
          expect((await api.lists.list({ limit: 100 })).items.map(({ id }) => id)).toEqual(order);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('survives many moves to one place, with short positions', async () => {
    const { api } = await signUp(deps);
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) ids.push((await api.lists.create({ name })).id);
    const [a = '', b = '', c = ''] = ids;
    // Always between the first and what followed it: the worst case of fractional indexes.
    for (let move = 0; move < 150; move += 1) {
      await api.lists.reorder({ id: move % 2 === 0 ? b : c, after: a });
    }
    const { items } = await api.lists.list({});
    expect(items.map(({ name }) => name)).toEqual(['Inbox', 'a', 'c', 'b']);
    expect(Math.max(...items.map(({ position }) => position.length))).toBeLessThanOrEqual(40);
  });

  it('puts a restored list where it was, and reads in pages without gap or repeat', async () => {
    const { api } = await signUp(deps);
    for (const name of ['a', 'b', 'c', 'd']) await api.lists.create({ name });
    const { items } = await api.lists.list({});
    const b = items.find(({ name }) => name === 'b')?.id ?? '';
    const d = items.find(({ name }) => name === 'd')?.id ?? '';
    await api.lists.delete({ id: b });
    await api.lists.reorder({ id: d, after: items.find(({ name }) => name === 'a')?.id ?? '' });
    await api.lists.restore({ id: b });
    const names = await namesOf(api, { limit: 2 });
    expect(names.filter((name) => name !== 'd')).toEqual(['Inbox', 'a', 'b', 'c']);
    expect(names).toHaveLength(5);
  });
});

describe('a list and its tasks', () => {
  it('are deleted and restored together; a task that was deleted before stays deleted', async () => {
    const { api } = await signUp(deps);
    const { id } = await api.lists.create({ name: 'Home' });
    for (const title of ['a', 'b', 'c']) await api.tasks.create({ title, listId: id });
    const [gone] = (await api.tasks.list({ listId: id })).items;
    await api.tasks.delete({ id: gone?.id ?? '' });
    clock.advance({ seconds: 1 });
    await api.lists.delete({ id });
    expect(await titlesOf(api, id)).toEqual([]);
    await api.lists.restore({ id });
    expect(await titlesOf(api, id)).toEqual(['a', 'b']);
  });

  it('come back by one undo, and go again by its undo', async () => {
    const { api } = await signUp(deps);
    const { id } = await api.lists.create({ name: 'Home' });
    for (const title of ['a', 'b']) await api.tasks.create({ title, listId: id });
    await api.lists.delete({ id });
    const changes = (await api.sync.pull({ cursor: await cursorBefore(api, 3) })).items;
    const group = changes[0]?.group ?? 0;
    expect(changes.map(({ entity, action, group: own }) => [entity, action, own])).toEqual([
      ['list', 'delete', group],
      ['task', 'delete', group],
      ['task', 'delete', group],
    ]);
    expect(changes[0]?.number).toBe(group);
    const undone = await api.sync.undo({ number: group + 1, wholeGroup: true });
    expect(undone).toMatchObject({ action: 'undo', deleted: false });
    expect(await titlesOf(api, id)).toEqual(['a', 'b']);
    expect(undone.group).not.toBeNull();
    await api.sync.undo({ number: undone.number, wholeGroup: true });
    await expect(api.lists.get({ id })).rejects.toMatchObject(failure('NOT_FOUND'));
    expect(await titlesOf(api, id)).toEqual([]);
  });

  it('of a group whose row has changed since is undone not at all, and the reason is given', async () => {
    const { api } = await signUp(deps);
    const { id } = await api.lists.create({ name: 'Home' });
    const task = await api.tasks.create({ title: 'a', listId: id });
    await api.lists.delete({ id });
    const [change] = (await api.sync.pull({ cursor: await cursorBefore(api, 2) })).items;
    await api.lists.restore({ id });
    await expect(api.sync.undo({ number: change?.number ?? 0, wholeGroup: true })).rejects.toMatchObject({
      cause: { code: 'CANNOT_UNDO', details: { fields: ['deletedAt'] } },
    });
    expect((await api.tasks.get({ id: task.id })).deletedAt).toBeNull();
  });

  it('that is restored without its list goes to the Inbox', async () => {
    const { api, user } = await signUp(deps);
    const { id } = await api.lists.create({ name: 'Home' });
    const task = await api.tasks.create({ title: 'a', listId: id });
    await api.lists.delete({ id });
    expect(await api.tasks.restore({ id: task.id })).toMatchObject({ listId: user.id, deletedAt: null });
  });

  it('cannot be brought together in a list that is deleted or was never there', async () => {
    const { api } = await signUp(deps);
    const { id } = await api.lists.create({ name: 'Home' });
    const task = await api.tasks.create({ title: 'a' });
    await api.lists.delete({ id });
    for (const listId of [id, uuidv7()]) {
      await expect(api.tasks.create({ title: 'b', listId })).rejects.toMatchObject(failure('NOT_FOUND', 'listId'));
      await expect(api.tasks.update({ id: task.id, listId })).rejects.toMatchObject(failure('NOT_FOUND', 'listId'));
    }
  });

  it('stay consistent: concurrent writes leave no existing task in a deleted list', async () => {
    const { api, user } = await signUp(deps);
    for (let round = 0; round < 25; round += 1) {
      const { id } = await api.lists.create({ name: `round ${round}` });
      const task = await api.tasks.create({ title: 'moves in' });
      await Promise.allSettled([
        api.tasks.create({ title: 'new', listId: id }),
        api.lists.delete({ id }),
        api.tasks.update({ id: task.id, listId: id }),
      ]);
    }
    const lost = await deps.db.query(
      {
        text: `SELECT FROM tasks t JOIN lists l ON l.user_id = t.user_id AND l.id = t.list_id
                WHERE t.user_id = $1 AND t.deleted_at IS NULL AND l.deleted_at IS NOT NULL`,
      },
      [user.id],
    );
    expect(lost).toEqual([]);
  });
});

/** The cursor of a copy that lacks the last `count` changes. */
async function cursorBefore(api: Api, count: number): Promise<string> {
  let page = await api.sync.pull({ limit: 100 });
  while (page.hasMore) page = await api.sync.pull({ limit: 100, cursor: page.nextCursor });
  const number = (page.number ?? 0) - count;
  return Buffer.from(JSON.stringify(['changes', [String(number)]])).toString('base64url');
}
