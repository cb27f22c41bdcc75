import { testDatabase } from '@alice/db/testing';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { signUp, testClock, testDeps } from '../../testing/index.ts';

const clock = testClock();
let deps: Deps;

beforeAll(async () => {
  deps = await testDeps(await testDatabase(), { clock });
});
afterAll(() => deps.db.close());

type Signed = Awaited<ReturnType<typeof person>>;

async function person() {
  const { api, user } = await signUp(deps);
  const titles = async (input: object = {}) =>
    (await api.tasks.list({ listId: user.id, order: 'position', limit: 100, ...input })).items.map(
      ({ title }) => title,
    );
  /** The rows that exist, without what every change sets. */
  const rows = () =>
    deps.db.query(
      {
        text: `SELECT to_jsonb(t) - '{version,updated_at}'::text[] AS row FROM tasks t WHERE user_id = $1 ORDER BY id`,
      },
      [user.id],
    );
  const latest = () => deps.changes.latest(user.id);
  return { api, user, titles, rows, latest };
}

/** Tasks with these titles: a title after a slash is a subtask of what stands before it. */
async function plant({ api }: Signed, paths: readonly string[], listId?: string): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const path of paths) {
    const parentId = ids.get(path.split('/').slice(0, -1).join('/')) ?? null;
    const title = path.split('/').at(-1) ?? '';
    ids.set(path, (await api.tasks.create({ title, parentId, ...(listId !== undefined && { listId }) })).id);
  }
  return ids;
}

const failure = (code: string, path?: string) => ({
  cause: { code, ...(path === undefined ? {} : { errors: [{ path }] }) },
});

it('is created and updated with every kind of link at once', async () => {
  const { api } = await person();
  const [list, goal, label] = await Promise.all([
    api.lists.create({ name: 'l' }),
    api.goals.create({ title: 'g' }),
    api.labels.create({ name: 'a' }),
  ]);
  const parent = await api.tasks.create({ title: 'p', listId: list.id });
  const links = { goalId: goal.id, labels: [label.id], blockedBy: [parent.id] };
  const task = await api.tasks.create({ title: 't', listId: list.id, parentId: parent.id, ...links });
  expect(task).toMatchObject({ parentId: parent.id, listId: list.id, ...links });
  const other = await api.tasks.create({ title: 'o' });
  expect(await api.tasks.update({ id: other.id, listId: list.id, ...links })).toMatchObject(links);
});

describe('the order of tasks', () => {
  it('has new tasks at the end, and those that are moved where they are moved to', async () => {
    const { api, user, titles } = await person();
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((title) => api.tasks.create({ title })));
    const first = await titles();
    const id = (title: string | undefined) => [a, b, c].find((task) => task?.title === title)?.id ?? '';
    await api.tasks.reorder({ id: id(first[2]), after: null });
    expect(await titles()).toEqual([first[2], first[0], first[1]]);
    await api.tasks.reorder({ id: id(first[2]), after: id(first[0]) });
    expect(await titles()).toEqual([first[0], first[2], first[1]]);
    await api.tasks.create({ title: 'd' });
    await api.tasks.reorder({ id: id(first[0]), after: id(first[1]) });
    expect(await titles()).toEqual([first[2], first[1], first[0], 'd']);
    expect(await titles({ direction: 'desc' })).toEqual(['d', first[0], first[1], first[2]]);
    const page = await api.tasks.list({ listId: user.id, order: 'position', limit: 3 });
    expect(await titles({ cursor: page.nextCursor, limit: 3 })).toEqual(['d']);
    expect(await titles({ text: 'd' })).toEqual(['d']);
  });

  it('changes nothing for a task that is in place', async () => {
    const signed = await person();
    const ids = await plant(signed, ['a', 'b', 'c']);
    const before = await signed.latest();
    for (const [id, after] of [
      ['a', null],
      ['b', 'a'],
      ['c', 'b'],
      ['b', 'b'],
    ] as const) {
      await signed.api.tasks.reorder({ id: ids.get(id) ?? '', after: after && (ids.get(after) ?? '') });
    }
    expect(await signed.latest()).toBe(before);
  });

  it('is of one list: it requires the list', async () => {
    const { api } = await person();
    await expect(api.tasks.list({ order: 'position' })).rejects.toMatchObject({
      cause: { issues: [{ path: ['listId'] }] },
    });
  });

  it('has no place behind a task of another list, parent or user, or behind a deleted one', async () => {
    const [signed, other] = await Promise.all([person(), person()]);
    const { api } = signed;
    const list = await api.lists.create({ name: 'l' });
    const ids = await plant(signed, ['a', 'p', 'p/child', 'gone']);
    const elsewhere = await api.tasks.create({ title: 'x', listId: list.id });
    const foreign = await other.api.tasks.create({ title: 'x' });
    await api.tasks.delete({ id: ids.get('gone') ?? '' });
    for (const after of [elsewhere.id, foreign.id, ids.get('p/child') ?? '', ids.get('gone') ?? '', uuidv7()]) {
      await expect(api.tasks.reorder({ id: ids.get('a') ?? '', after })).rejects.toMatchObject(
        failure('NOT_FOUND', 'after'),
      );
    }
    await expect(api.tasks.reorder({ id: foreign.id, after: null })).rejects.toMatchObject(failure('NOT_FOUND'));
    await expect(api.tasks.reorder({ id: ids.get('p') ?? '', after: null, expectedVersion: 7 })).rejects.toMatchObject(
      failure('STALE_VERSION'),
    );
  });

  it('survives many moves to one place, and rows that came without a position', async () => {
    const signed = await person();
    const { api, user, titles } = signed;
    // As a server of the version before writes them.
    await deps.db.query(
      {
        text: `INSERT INTO tasks (user_id, id, title, due_by, created_at, updated_at)
               SELECT $1, ('0195f000-0000-7000-8' || lpad(n::text, 3, '0') || '-000000000000')::uuid, 'old ' || n,
                      '9999-12-31 23:59:59', now(), now() FROM generate_series(1, 3) n`,
      },
      [user.id],
    );
    const ids = await plant(signed, ['a', 'b', 'c']);
    expect((await titles()).slice(-3)).toEqual(['a', 'b', 'c']);
    for (let round = 0; round < 150; round += 1) {
      const moved = round % 2 === 0 ? 'b' : 'c';
      await api.tasks.reorder({ id: ids.get(moved) ?? '', after: ids.get('a') ?? '' });
    }
    expect((await titles()).slice(-3)).toEqual(['a', 'c', 'b']);
    const positions = (await api.tasks.list({ listId: user.id })).items.map(({ position }) => position.length);
    expect(Math.max(...positions)).toBeLessThanOrEqual(40);
  });

  it('makes room among rows that all have the same position', async () => {
    const signed = await person();
    const { api, user, titles } = signed;
    const ids = await plant(signed, ['a', 'b', 'c', 'd']);
    await deps.db.query({ text: `UPDATE tasks SET position = 'a5' WHERE user_id = $1` }, [user.id]);
    await api.tasks.reorder({ id: ids.get('d') ?? '', after: ids.get('a') ?? '' });
    expect(await titles()).toEqual(['a', 'd', 'b', 'c']);
  });

  it('is read along an index', async () => {
    const { user } = await person();
    for (const list of ['t.list_id IS NULL', `t.list_id = '${uuidv7()}'`]) {
      const plan = await deps.db.transaction(async ({ query }) => {
        await query({ text: 'SET LOCAL enable_sort = off' }, []);
        return query<{ 'QUERY PLAN': string }>(
          {
            text: `EXPLAIN SELECT * FROM tasks t WHERE t.user_id = $1 AND ${list} AND deleted_at IS NULL
                    ORDER BY t.list_id, t.position, t.id LIMIT 20`,
          },
          [user.id],
        );
      });
      const text = plan.map((line) => line['QUERY PLAN']).join('\n');
      expect(text).toContain('tasks_user_id_list_id_position_id_idx');
      expect(text).not.toContain('Sort');
    }
  });
});

describe('subtasks', () => {
  it('are in the list of their parent, counted, and read as a tree in one query', async () => {
    const signed = await person();
    const { api, user } = signed;
    const list = await api.lists.create({ name: 'l' });
    const ids = await plant(signed, ['a', 'a/b', 'a/b/c', 'a/d', 'a/e', 'other'], list.id);
    await api.tasks.complete({ id: ids.get('a/d') ?? '' });
    await api.tasks.delete({ id: ids.get('a/e') ?? '' });
    await api.tasks.reorder({ id: ids.get('a/d') ?? '', after: null });
    expect(await api.tasks.get({ id: ids.get('a') ?? '' })).toMatchObject({ childCount: 2, openChildCount: 1 });
    const tree = await api.tasks.tree({ id: ids.get('a') ?? '' });
    expect(tree.tasks.map(({ title, depth, childCount }) => [title, depth, childCount])).toEqual([
      ['a', 0, 2],
      ['d', 1, 0],
      ['b', 1, 1],
      ['c', 2, 0],
    ]);
    expect(tree.hasMore).toBe(false);
    expect(tree.tasks.map(({ listId }) => listId)).toEqual(Array.from({ length: 4 }, () => list.id));
    expect((await api.tasks.tree({ id: ids.get('a/b') ?? '' })).tasks.map(({ title }) => title)).toEqual(['b', 'c']);
    const inherited = await api.tasks.create({ title: 'x', parentId: ids.get('a/b') ?? '' });
    expect(inherited).toMatchObject({ listId: list.id, parentId: ids.get('a/b') });
    const parentId = ids.get('a') ?? '';
    await expect(api.tasks.create({ title: 'x', parentId, listId: user.id })).rejects.toMatchObject(
      failure('VALIDATION_FAILED', 'listId'),
    );
  });

  it('have no parent that is deleted, of another user or unknown', async () => {
    const [signed, other] = await Promise.all([person(), person()]);
    const { api } = signed;
    const ids = await plant(signed, ['a', 'gone']);
    await api.tasks.delete({ id: ids.get('gone') ?? '' });
    const foreign = await other.api.tasks.create({ title: 'x' });
    for (const parentId of [foreign.id, ids.get('gone') ?? '', uuidv7()]) {
      const attempts = [
        api.tasks.create({ title: 'x', parentId }),
        api.tasks.move({ id: ids.get('a') ?? '', parentId }),
      ];
      for (const outcome of await Promise.allSettled(attempts)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: failure('NOT_FOUND', 'parentId') });
      }
    }
    for (const id of [foreign.id, uuidv7()]) {
      const attempts = [api.tasks.tree({ id }), api.tasks.move({ id, parentId: null }), api.tasks.unblocks({ id })];
      for (const outcome of await Promise.allSettled(attempts)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: failure('NOT_FOUND') });
      }
    }
    const steal = { text: 'UPDATE tasks SET parent_id = $3 WHERE user_id = $1 AND id = $2' };
    await expect(deps.db.query(steal, [signed.user.id, ids.get('a'), foreign.id])).rejects.toThrow(
      /tasks_user_id_parent_id_fkey/,
    );
  });

  it('are nested 5 levels deep and never in a cycle', async () => {
    const signed = await person();
    const { api, rows } = signed;
    const ids = await plant(signed, ['1', '1/2', '1/2/3', '1/2/3/4', '1/2/3/4/5', 'a', 'a/b']);
    const id = (path: string) => ids.get(path) ?? '';
    const before = await rows();
    const refused = failure('CONFLICT', 'parentId');
    const attempts = [
      () => api.tasks.create({ title: '6', parentId: id('1/2/3/4/5') }),
      () => api.tasks.move({ id: id('a'), parentId: id('1/2/3/4') }),
      () => api.tasks.move({ id: id('1'), parentId: id('1') }),
      () => api.tasks.move({ id: id('1'), parentId: id('1/2') }),
      () => api.tasks.move({ id: id('1'), parentId: id('1/2/3/4/5') }),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject(refused);
    expect(await rows()).toEqual(before);
    await api.tasks.move({ id: id('a'), parentId: id('1/2/3') });
    expect((await api.tasks.tree({ id: id('1') })).tasks.map(({ title }) => title)).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      'a',
      'b',
    ]);
  });

  it('move with their task to another list, and come back with one undo', async () => {
    const signed = await person();
    const { api, rows, latest } = signed;
    const list = await api.lists.create({ name: 'l' });
    const ids = await plant(signed, ['a', 'a/b', 'a/b/c', 'p']);
    const goal = await api.tasks.create({ title: 'q', listId: list.id });
    const before = await rows();
    const start = await latest();
    const moved = await api.tasks.move({ id: ids.get('a') ?? '', parentId: null, listId: list.id, after: null });
    expect(moved).toMatchObject({ listId: list.id, parentId: null });
    expect(await latest()).toBe(start + 3);
    const inList = await api.tasks.list({ listId: list.id, order: 'position' });
    expect(inList.items.map(({ listId }) => listId)).toEqual(Array.from({ length: 4 }, () => list.id));
    expect(inList.items.filter(({ parentId }) => parentId === null).map(({ title }) => title)).toEqual(['a', 'q']);
    await api.sync.undo({ number: start + 1, wholeGroup: true });
    expect(await rows()).toEqual(before);

    // One change of the group alone would tear the tree apart.
    await api.tasks.move({ id: ids.get('a') ?? '', parentId: goal.id });
    await expect(api.sync.undo({ number: (await latest()) - 1 })).rejects.toMatchObject(failure('CANNOT_UNDO'));
    await expect(api.tasks.move({ id: ids.get('p') ?? '', parentId: null, listId: uuidv7() })).rejects.toMatchObject(
      failure('NOT_FOUND', 'listId'),
    );
    await expect(api.tasks.update({ id: goal.id, listId: signed.user.id })).rejects.toMatchObject(
      failure('CONFLICT', 'listId'),
    );
    await expect(api.tasks.update({ id: ids.get('a') ?? '', listId: signed.user.id })).rejects.toMatchObject(
      failure('CONFLICT', 'listId'),
    );
  });

  it('cannot be undone into a cycle', async () => {
    const signed = await person();
    const { api, latest } = signed;
    const ids = await plant(signed, ['a', 'a/b']);
    const [a, b] = [ids.get('a') ?? '', ids.get('a/b') ?? ''];
    await api.tasks.move({ id: b, parentId: null });
    const outward = await latest();
    await api.tasks.move({ id: a, parentId: b });
    await expect(api.sync.undo({ number: outward })).rejects.toMatchObject(failure('CANNOT_UNDO'));
    expect((await api.tasks.tree({ id: b })).tasks.map(({ title }) => title)).toEqual(['b', 'a']);
  });

  it('are kept or completed with their task, as the caller says', async () => {
    const signed = await person();
    const { api, rows, latest } = signed;
    const ids = await plant(signed, ['a', 'a/b', 'a/b/c', 'a/d']);
    await api.tasks.update({ id: ids.get('a/d') ?? '', status: 'cancelled' });
    const statuses = async () => (await api.tasks.tree({ id: ids.get('a') ?? '' })).tasks.map(({ status }) => status);
    await api.tasks.complete({ id: ids.get('a') ?? '' });
    expect(await statuses()).toEqual(['done', 'todo', 'todo', 'cancelled']);
    await api.tasks.reopen({ id: ids.get('a') ?? '' });
    const before = await rows();
    const start = await latest();
    await api.tasks.complete({ id: ids.get('a') ?? '', subtasks: 'complete' });
    expect(await statuses()).toEqual(['done', 'done', 'done', 'cancelled']);
    await api.sync.undo({ number: start + 1, wholeGroup: true });
    expect(await rows()).toEqual(before);
  });

  it('are deleted with their task, and restored with it, but for those that were deleted before', async () => {
    const signed = await person();
    const { api, rows, latest } = signed;
    const ids = await plant(signed, ['a', 'a/b', 'a/b/c', 'a/d', 'a/d/e']);
    const titles = async () => (await api.tasks.list({})).items.map(({ title }) => title).sort();
    await api.tasks.delete({ id: ids.get('a/d') ?? '' });
    clock.advance({ seconds: 1 });
    const before = await rows();
    const start = await latest();
    await api.tasks.delete({ id: ids.get('a') ?? '' });
    expect(await titles()).toEqual([]);
    await api.tasks.restore({ id: ids.get('a') ?? '' });
    expect(await titles()).toEqual(['a', 'b', 'c']);
    expect(await rows()).toEqual(before);
    clock.advance({ seconds: 1 });
    await api.tasks.delete({ id: ids.get('a') ?? '' });
    const deletion = await latest();
    // One by one, backwards.
    for (const number of [deletion, deletion - 1, deletion - 2]) await api.sync.undo({ number });
    expect(await rows()).toEqual(before);
    await api.sync.undo({ number: start, wholeGroup: true });
    expect(await titles()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('are restored without their parent if that is deleted, and into the list that it has moved to', async () => {
    const signed = await person();
    const { api, latest } = signed;
    const list = await api.lists.create({ name: 'l' });
    const ids = await plant(signed, ['a', 'a/b', 'a/c', 'd', 'd/e']);
    const id = (path: string) => ids.get(path) ?? '';
    await api.tasks.delete({ id: id('a/b') });
    const deletion = await latest();
    await api.tasks.move({ id: id('a'), parentId: null, listId: list.id });
    await api.tasks.restore({ id: id('a/b') });
    expect(await api.tasks.get({ id: id('a/b') })).toMatchObject({ listId: list.id, parentId: id('a') });
    await api.tasks.delete({ id: id('a/c') });
    await api.sync.undo({ number: await latest() });
    await api.tasks.delete({ id: id('a') });
    await expect(api.sync.undo({ number: deletion })).rejects.toMatchObject(failure('CANNOT_UNDO'));
    expect(await api.tasks.restore({ id: id('a/b') })).toMatchObject({ parentId: null, listId: list.id });
    await api.tasks.delete({ id: id('d/e') });
    clock.advance({ seconds: 1 });
    await api.tasks.delete({ id: id('d') });
    const parentGone = await latest();
    expect(parentGone).toBeGreaterThan(deletion);
    await expect(api.sync.undo({ number: parentGone - 1 })).rejects.toMatchObject(failure('CANNOT_UNDO'));
  });

  it('keep the creation of their parent from being undone', async () => {
    const signed = await person();
    const { api, latest } = signed;
    const start = await latest();
    await plant(signed, ['a', 'a/b']);
    await expect(api.sync.undo({ number: start + 1 })).rejects.toMatchObject(failure('CANNOT_UNDO'));
    await api.sync.undo({ number: start + 2 });
    await api.sync.undo({ number: start + 1 });
    expect((await api.tasks.list({})).items).toEqual([]);
  });

  it('of a list are deleted and restored with it', async () => {
    const signed = await person();
    const { api, rows } = signed;
    const list = await api.lists.create({ name: 'l' });
    await plant(signed, ['a', 'a/b', 'a/b/c'], list.id);
    const before = await rows();
    await api.lists.delete({ id: list.id });
    await api.lists.restore({ id: list.id });
    expect(await rows()).toEqual(before);
  });

  it('are shown up to 500', async () => {
    const signed = await person();
    const { api, user } = signed;
    const { id } = await api.tasks.create({ title: 'a' });
    await deps.db.query(
      {
        text: `INSERT INTO tasks (user_id, id, title, due_by, parent_id, created_at, updated_at)
               SELECT $1, gen_random_uuid(), 't', '9999-12-31 23:59:59', $2, now(), now() FROM generate_series(1, $3::int)`,
      },
      [user.id, id, 500],
    );
    const tree = await api.tasks.tree({ id });
    expect(tree).toMatchObject({ hasMore: true });
    expect(tree.tasks).toHaveLength(500);
    await api.tasks.delete({ id: tree.tasks[1]?.id ?? '' });
    expect(await api.tasks.tree({ id })).toMatchObject({ hasMore: false });
  });
});

/** A model of a list: the children of each task, and of the top, in order. */
class Model {
  readonly children = new Map<string | null, string[]>([[null, []]]);
  readonly parents = new Map<string, string | null>();

  depthOf(id: string | null): number {
    return id === null ? 0 : 1 + this.depthOf(this.parents.get(id) ?? null);
  }
  heightOf(id: string): number {
    return 1 + Math.max(0, ...(this.children.get(id) ?? []).map((child) => this.heightOf(child)));
  }
  isBelow(id: string | null, above: string): boolean {
    return id !== null && (id === above || this.isBelow(this.parents.get(id) ?? null, above));
  }
  place(id: string, parent: string | null, after: string | null | undefined): void {
    const old = this.children.get(this.parents.get(id) ?? null);
    old?.splice(old.indexOf(id), old.includes(id) ? 1 : 0);
    const own = this.children.get(parent) ?? [];
    own.splice(after === undefined ? own.length : after === null ? 0 : own.indexOf(after) + 1, 0, id);
    this.children.set(parent, own);
    this.parents.set(id, parent);
  }
  inOrder(parent: string | null = null): string[] {
    return (this.children.get(parent) ?? []).flatMap((id) => [id, ...this.inOrder(id)]);
  }
}

const step = fc.record({
  kind: fc.constantFrom('create', 'move', 'reorder'),
  task: fc.nat({ max: 30 }),
  parent: fc.option(fc.nat({ max: 30 }), { freq: 3 }),
  after: fc.oneof(fc.constant(undefined), fc.constant(null), fc.nat({ max: 30 })),
});

describe('any sequence of moves', () => {
  it('has the same result as in a model: order, nesting, and what is refused; and is undone step by step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const { api, user, rows, latest } = await person();
        const model = new Model();
        const pick = (n: number) => [...model.parents.keys()][n % model.parents.size];
        const states = [await rows()];
        const numbers = [await latest()];
        for (const { kind, task, parent, after } of steps) {
          const parentId = parent === null ? null : (pick(parent) ?? null);
          if (kind === 'create' || model.parents.size === 0) {
            const created = api.tasks.create({ title: 't', parentId });
            if (model.depthOf(parentId) >= 5) await expect(created).rejects.toMatchObject(failure('CONFLICT'));
            else model.place((await created).id, parentId, undefined);
          } else {
            const id = pick(task) ?? '';
            const target = kind === 'move' ? parentId : (model.parents.get(id) ?? null);
            const siblings = model.children.get(target) ?? [];
            const neighbours = siblings.filter((other) => other !== id);
            const behind = typeof after === 'number' ? (neighbours[after % neighbours.length] ?? null) : after;
            if (kind === 'reorder') {
              await api.tasks.reorder({ id, after: behind ?? null });
              model.place(id, target, behind ?? null);
            } else {
              const moved = api.tasks.move({ id, parentId: target, ...(behind !== undefined && { after: behind }) });
              const isRefused = model.isBelow(target, id) || model.depthOf(target) + model.heightOf(id) > 5;
              if (isRefused) await expect(moved).rejects.toMatchObject(failure('CONFLICT', 'parentId'));
              else {
                await moved;
                const isInPlace = target === (model.parents.get(id) ?? null) && behind === undefined;
                if (!isInPlace) model.place(id, target, behind);
              }
            }
          }
          states.push(await rows());
          numbers.push(await latest());
        }
        const roots = model.children.get(null) ?? [];
        const trees = await Promise.all(roots.map((id) => api.tasks.tree({ id })));
        expect(trees.flatMap(({ tasks }) => tasks.map(({ id }) => id))).toEqual(model.inOrder());
        const listed = await api.tasks.list({ listId: user.id, order: 'position', limit: 100 });
        expect(listed.items.filter(({ parentId }) => parentId === null).map(({ id }) => id)).toEqual(roots);
        // Backwards: what a creation left is deleted, everything else is as it was.
        for (let at = states.length - 1; at > 0; at -= 1) {
          const number = numbers[at] ?? 0;
          if (number === numbers[at - 1]) continue;
          await api.sync.undo({ number, wholeGroup: true });
          const live = (await rows()).filter(
            (found) => (found as { row: { deleted_at: unknown } }).row.deleted_at === null,
          );
          expect(live).toEqual(states[at - 1]);
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe('two clients that move tasks at the same time', () => {
  it('make no cycle, lose no task and keep to 5 levels', { timeout: 120_000 }, async () => {
    const signed = await person();
    const { api, user } = signed;
    const ids = [...(await plant(signed, ['a', 'a/b', 'a/b/c', 'd', 'd/e', 'f', 'g', 'g/h'])).values()];
    let seed = 42;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const any = () => ids[random(ids.length)] ?? '';
    const client = async () => {
      for (let round = 0; round < 100; round += 1) {
        const act = random(4);
        const done =
          act === 0
            ? api.tasks.reorder({ id: any(), after: random(2) === 0 ? null : any() })
            : act === 1
              ? api.tasks.complete({ id: any(), subtasks: 'complete' })
              : api.tasks.move({ id: any(), parentId: random(3) === 0 ? null : any() });
        await done.catch((error: { cause?: { code?: string } }) => {
          expect(['CONFLICT', 'NOT_FOUND', 'TOO_MANY_REQUESTS']).toContain(error.cause?.code);
        });
      }
    };
    await Promise.all([client(), client()]);
    const [tree] = await deps.db.query<{ count: number; depth: number }>(
      {
        text: `WITH RECURSIVE tree AS (
                 SELECT id, 1 AS depth FROM tasks WHERE user_id = $1 AND parent_id IS NULL
                 UNION ALL
                 SELECT t.id, tree.depth + 1 FROM tree JOIN tasks t ON t.user_id = $1 AND t.parent_id = tree.id
                  WHERE tree.depth < 10
               ) SELECT count(DISTINCT id)::int AS count, max(depth) AS depth FROM tree`,
      },
      [user.id],
    );
    expect(tree?.count).toBe(ids.length);
    expect(tree?.depth).toBeLessThanOrEqual(5);
    expect((await api.tasks.list({})).items).toHaveLength(ids.length);
  });
});
