import { testDatabase } from '@alice/db/testing';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { signUp, testClock, testDeps } from '../../testing/index.ts';

let deps: Deps;

beforeAll(async () => {
  deps = await testDeps(await testDatabase(), { clock: testClock() });
});
afterAll(() => deps.db.close());

async function person() {
  const { api, user } = await signUp(deps);
  const copies = () =>
    deps.db.query<{ task: string; blocker: string }>(
      {
        text: 'SELECT task_id AS task, blocker_id AS blocker FROM task_blockers WHERE user_id = $1 ORDER BY 1, 2',
      },
      [user.id],
    );
  const create = async (title: string, blockedBy: string[] = []) => (await api.tasks.create({ title, blockedBy })).id;
  const isBlocked = async (id: string) => (await api.tasks.get({ id })).blocked;
  const frees = async (id: string) => (await api.tasks.unblocks({ id })).tasks.map(({ title }) => title);
  return { api, user, copies, create, isBlocked, frees, latest: () => deps.changes.latest(user.id) };
}
const failure = (code: string, path?: string) => ({
  cause: { code, ...(path === undefined ? {} : { errors: [{ path }] }) },
});

describe('a task that waits for others', () => {
  it('is blocked until all of them are done, cancelled or deleted', async () => {
    const { api, create, isBlocked } = await person();
    const [a, b, c] = [await create('a'), await create('b'), await create('c')];
    const task = await create('t', [c, b, a, a]);
    expect(await api.tasks.get({ id: task })).toMatchObject({ blockedBy: [a, b, c].sort(), blocked: true });
    await api.tasks.complete({ id: a });
    await api.tasks.update({ id: b, status: 'cancelled' });
    expect(await isBlocked(task)).toBe(true);
    await api.tasks.delete({ id: c });
    expect(await isBlocked(task)).toBe(false);
    await api.tasks.restore({ id: c });
    const listed = (await api.tasks.list({})).items.map(({ title, blocked }) => [title, blocked]);
    expect(Object.fromEntries(listed)).toEqual({ a: false, b: false, c: false, t: true });
    expect((await api.tasks.list({ text: 't' })).items).toMatchObject([{ blocked: true }]);
    expect((await api.tasks.tree({ id: task })).tasks).toMatchObject([{ blocked: true }]);
    await api.tasks.update({ id: task, blockedBy: [] });
    expect(await isBlocked(task)).toBe(false);
  });

  it('is freed by the last open one', async () => {
    const { api, create, frees } = await person();
    const [a, b] = [await create('a'), await create('b')];
    await create('both', [a, b]);
    await create('one', [a]);
    await api.tasks.complete({ id: await create('done', [a]) });
    expect(await frees(a)).toEqual(['one']);
    expect(await frees(b)).toEqual([]);
    await api.tasks.complete({ id: b });
    expect(await frees(a)).toEqual(['both', 'one']);
    expect(await frees(b)).toEqual([]);
  });

  it('waits for tasks of the same user that exist, at most 20', async () => {
    const [{ api, user, create, copies }, other] = await Promise.all([person(), person()]);
    const [gone, kept] = [await create('gone'), await create('kept')];
    const task = await create('t', [gone]);
    await api.tasks.delete({ id: gone });
    const foreign = await other.create('x');
    for (const id of [gone, foreign, uuidv7()]) {
      const attempts = [
        api.tasks.create({ title: 'x', blockedBy: [kept, id] }),
        api.tasks.update({ id: kept, blockedBy: [id] }),
      ];
      for (const outcome of await Promise.allSettled(attempts)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: failure('NOT_FOUND', 'blockedBy') });
      }
    }
    // What it already waits for may stay.
    expect(await api.tasks.update({ id: task, blockedBy: [gone, kept] })).toMatchObject({ version: 2 });
    expect(await copies()).toEqual([gone, kept].sort().map((blocker) => ({ task, blocker })));
    const many = Array.from({ length: 21 }, () => uuidv7());
    await expect(api.tasks.update({ id: task, blockedBy: many })).rejects.toMatchObject({
      cause: { issues: [{ path: ['blockedBy'] }] },
    });
    const steal = { text: 'UPDATE tasks SET blocked_by = ARRAY[$3::uuid] WHERE user_id = $1 AND id = $2' };
    await expect(deps.db.query(steal, [user.id, kept, foreign])).rejects.toThrow(
      /task_blockers_user_id_blocker_id_fkey/,
    );
  });

  it('never waits for itself, over any number of others, and no undo makes it', async () => {
    const { api, create, latest } = await person();
    const a = await create('a');
    const b = await create('b', [a]);
    const c = await create('c', [b]);
    for (const blocker of [a, b, c]) {
      await expect(api.tasks.update({ id: a, blockedBy: [blocker] })).rejects.toMatchObject(
        failure('CONFLICT', 'blockedBy'),
      );
    }
    await api.tasks.update({ id: b, blockedBy: [] });
    const release = await latest();
    await api.tasks.update({ id: a, blockedBy: [c] });
    await expect(api.sync.undo({ number: release })).rejects.toMatchObject(failure('CANNOT_UNDO'));
    await api.sync.undo({ number: release + 1 });
    await api.sync.undo({ number: release });
    expect(await api.tasks.get({ id: b })).toMatchObject({ blockedBy: [a] });
  });

  it('waits without a cycle whatever is asked for, by two clients at once, and its copies follow', async () => {
    const edges = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.array(fc.nat({ max: 5 }), { maxLength: 3 })), {
      minLength: 1,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(edges, edges, async (mine, yours) => {
        const { api, create, copies } = await person();
        const ids: string[] = [];
        for (let count = 0; count < 6; count += 1) ids.push(await create(String(count)));
        const client = async (steps: typeof mine) => {
          for (const [task, blockers] of steps) {
            const blockedBy = blockers.map((index) => ids[index] ?? '');
            await api.tasks.update({ id: ids[task] ?? '', blockedBy }).catch((error) => {
              expect(error).toMatchObject(failure('CONFLICT', 'blockedBy'));
            });
          }
        };
        await Promise.all([client(mine), client(yours)]);
        const blockersOf = new Map((await api.tasks.list({})).items.map(({ id, blockedBy }) => [id, blockedBy]));
        const expected = [...blockersOf].flatMap(([task, blockers]) => blockers.map((blocker) => ({ task, blocker })));
        const byBoth = (one: (typeof expected)[0], two: (typeof expected)[0]) =>
          `${one.task}${one.blocker}` < `${two.task}${two.blocker}` ? -1 : 1;
        expect(await copies()).toEqual(expected.sort(byBoth));
        // A task that waits for none can be taken away; without a cycle, all go in this way.
        for (let round = 0; round < 6; round += 1) {
          for (const [id, blockers] of blockersOf)
            if (blockers.every((other) => !blockersOf.has(other))) blockersOf.delete(id);
        }
        expect(blockersOf.size).toBe(0);
      }),
      { numRuns: 15 },
    );
  });
});
