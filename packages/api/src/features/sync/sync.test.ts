import { testDatabase } from '@alice/db/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { callAs, signUp, type TestClock, testClock, testDeps } from '../../testing/index.ts';
import type { ChangeOut, PulledOut } from './change.ts';

let deps: Deps;
let clock: TestClock;

beforeAll(async () => {
  clock = testClock();
  deps = await testDeps(await testDatabase(), { clock });
});
afterAll(() => deps.db.close());

type Api = Awaited<ReturnType<typeof signUp>>['api'];
type Copy = Map<string, object>;

/** The guarantee: what a caller within the process gets is the wire form. */
async function pull(api: Api, cursor?: string, limit = 100): Promise<PulledOut> {
  const page = await api.sync.pull(cursor === undefined ? { limit } : { cursor, limit });
  return page as unknown as PulledOut;
}

/** Applies changes as a client does: the higher version stays. */
function apply(copy: Copy, changes: readonly ChangeOut[], gone = new Map<string, number>()): void {
  for (const { entity, id, deleted, row } of changes) {
    const key = `${entity} ${id}`;
    const known = copy.get(key);
    const version = row?.version ?? Number.POSITIVE_INFINITY;
    const held = known !== undefined && 'version' in known ? Number(known.version) : (gone.get(key) ?? 0);
    if (version < held) continue;
    if (deleted || row === null) {
      copy.delete(key);
      gone.set(key, version);
    } else copy.set(key, row);
  }
}

async function pullAll(api: Api, cursor?: string, limit = 100) {
  const changes: ChangeOut[] = [];
  for (let next = cursor; ; ) {
    const page = await pull(api, next, limit);
    changes.push(...page.items);
    next = page.nextCursor;
    if (!page.hasMore) return { changes, cursor: page.nextCursor, number: page.number };
  }
}

/** What a copy should hold: every live row, as the lists show it. */
async function rowsOf(api: Api): Promise<Copy> {
  const rows: Copy = new Map();
  const user = await api.users.me();
  rows.set(`user ${user.id}`, user);
  for (const list of (await api.lists.list({ limit: 100 })).items) rows.set(`list ${list.id}`, list);
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await api.tasks.list({ limit: 100, cursor: cursor ?? undefined });
    for (const { blocked: _, ...task } of page.items) rows.set(`task ${task.id}`, task);
    cursor = page.nextCursor;
  }
  for (const { progress: _, metric, ...goal } of (await api.goals.list({ limit: 100 })).items) {
    // Goals of these tests count by hand, so that the kept metric is the shown one.
    rows.set(`goal ${goal.id}`, { ...goal, metric, progressSource: 'manual' });
  }
  return rows;
}

describe('a pull', () => {
  it('without a cursor returns all rows, then the changes, and then nothing', async () => {
    const { api } = await signUp(deps);
    const goal = await api.goals.create({ title: 'g' });
    const task = await api.tasks.create({ title: 'a', goalId: goal.id });
    const deleted = await api.tasks.create({ title: 'b' });
    await api.tasks.delete({ id: deleted.id });

    const first = await pullAll(api, undefined, 2);
    expect(first.changes.map(({ entity, action }) => `${entity} ${action}`)).toEqual([
      'user snapshot',
      'list snapshot',
      'goal snapshot',
      'task snapshot',
    ]);
    const copy: Copy = new Map();
    apply(copy, first.changes);
    expect(copy).toEqual(await rowsOf(api));

    expect(await pull(api, first.cursor)).toMatchObject({ items: [], hasMore: false, nextCursor: first.cursor });
    await api.tasks.complete({ id: task.id });
    await api.tasks.restore({ id: deleted.id });
    await api.goals.delete({ id: goal.id });
    const second = await pullAll(api, first.cursor);
    expect(second.changes.map(({ entity, action, deleted: gone }) => `${entity} ${action} ${gone}`)).toEqual([
      'task complete false',
      'task restore false',
      'goal delete true',
    ]);
    apply(copy, second.changes);
    expect(copy).toEqual(await rowsOf(api));
  });

  it('returns each change with the row after that change', async () => {
    const { api } = await signUp(deps);
    const { cursor, number: before } = await pullAll(api);
    const states: object[] = [];
    clock.advance({ minutes: 1 });
    const created = await api.tasks.create({ title: 'a', due: { date: '2026-12-01' } });
    const { id } = created;
    states.push(created);
    const edits = [
      { notes: 'n' },
      { title: 'b', due: { date: '2026-12-02', time: '09:30', timeZone: 'Europe/Berlin' } },
      { due: null, priority: 'high' as const },
      { status: 'done' as const },
    ];
    for (const edit of edits) {
      clock.advance({ minutes: 1 });
      states.push(await api.tasks.update({ id, ...edit }));
    }
    for (const limit of [1, 2, 3, 100]) {
      const { changes } = await pullAll(api, cursor, limit);
      expect(changes.map(({ row }) => row)).toEqual(states);
      expect(changes.map(({ number }) => number)).toEqual(states.map((_, index) => Number(before) + 1 + index));
    }
  });

  it('returns a purged row as deleted, without the row', async () => {
    const { api, user } = await signUp(deps);
    const { cursor } = await pullAll(api);
    const { id } = await api.tasks.create({ title: 'a' });
    await deps.db.query({ text: 'DELETE FROM tasks WHERE user_id = $1 AND id = $2' }, [user.id, id]);
    expect((await pull(api, cursor)).items).toMatchObject([{ entity: 'task', id, deleted: true, row: null }]);
  });

  it('requires a full sync where entries were pruned or never existed', async () => {
    const { api, user } = await signUp(deps);
    const { cursor, number } = await pullAll(api);
    const pruned = Number(number) + 1;
    await api.tasks.create({ title: 'a' });
    await api.tasks.create({ title: 'b' });
    const { cursor: late } = await pullAll(api, cursor);
    const prunedThrough = 'UPDATE change_counters SET pruned_through = $2 WHERE user_id = $1';
    await deps.db.query({ text: prunedThrough }, [user.id, pruned]);
    const prune = "DELETE FROM activity WHERE user_id = $1 AND number <= $2 AND entity IN ('task', 'goal')";
    await deps.db.query({ text: prune }, [user.id, pruned]);
    expect(await pull(api, cursor)).toEqual({
      items: [],
      nextCursor: cursor,
      hasMore: false,
      fullSyncRequired: true,
      number: null,
    });
    expect(await pull(api, late)).toMatchObject({ fullSyncRequired: false });
    const future = Buffer.from(JSON.stringify(['changes', ['999']])).toString('base64url');
    expect(await pull(api, future)).toMatchObject({ fullSyncRequired: true });
  });

  it.each(['x', 'WyJjaGFuZ2VzIixbIi0xIl1d', 'WyJjcmVhdGVkLmRlc2MiLFsiMSIsIjIiXV0', '🦷'])(
    'refuses %j, which is not a sync cursor',
    async (cursor) => {
      const { api } = await signUp(deps);
      await expect(pull(api, cursor)).rejects.toMatchObject({
        cause: { code: 'VALIDATION_FAILED', errors: [{ path: 'cursor' }] },
      });
    },
  );

  it('returns nothing of another user, with any cursor', async () => {
    const [mine, theirs] = [await signUp(deps), await signUp(deps)];
    await mine.api.tasks.create({ title: 'secret' });
    const { changes, cursor } = await pullAll(mine.api);
    expect(changes.map(({ entity }) => entity)).toEqual(['user', 'list', 'task']);
    for (const from of [cursor, (await pull(mine.api, undefined, 1)).nextCursor]) {
      expect(JSON.stringify(await pull(theirs.api, from))).not.toContain('secret');
    }
  });

  it('keeps a copy identical after any changes and with any page boundaries', async () => {
    const step = fc.record({
      what: fc.constantFrom('create', 'update', 'complete', 'delete', 'restore', 'goal', 'name', 'pull'),
      which: fc.nat(5),
      limit: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { api } = await signUp(deps);
        const copy: Copy = new Map();
        const gone = new Map<string, number>();
        const ids: string[] = [];
        let cursor: string | undefined;
        for (const { what, which, limit } of steps) {
          const id = ids[which % Math.max(ids.length, 1)];
          clock.advance({ seconds: 1 });
          if (what === 'create') ids.push((await api.tasks.create({ title: `t${ids.length}` })).id);
          else if (what === 'goal') await api.goals.create({ title: 'g' });
          else if (what === 'name') await api.users.update({ name: `n${which}` });
          else if (what === 'pull') {
            // One page: a first sync may be interrupted by changes at any row.
            const page = await pull(api, cursor, limit);
            apply(copy, page.items, gone);
            cursor = page.nextCursor;
          } else if (id !== undefined) {
            const change = { id, ...(what === 'update' ? { notes: String(which) } : {}) };
            await api.tasks[what](change).catch(() => undefined);
          }
        }
        const rest = await pullAll(api, cursor, 3);
        apply(copy, rest.changes, gone);
        expect(copy).toEqual(await rowsOf(api));
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

describe('undo', () => {
  it('does not restore the name of a time zone that is no longer valid', async () => {
    const { api, user } = await signUp(deps);
    await deps.db.prisma.user.update({ where: { id: user.id }, data: { timeZone: 'AET' } });
    await api.users.update({ timeZone: 'Asia/Calcutta' });
    expect((await api.users.me()).timeZone).toBe('Asia/Kolkata');
    await api.sync.undo({ number: await last(api) });
    expect((await api.users.me()).timeZone).toBe('UTC');
    expect((await api.insights.overview({})).throughput.window.timeZone).toBe('UTC');
  });

  const last = async (api: Api) => (await pullAll(api)).number ?? 0;
  const refusal = (fields?: string[]) => ({
    cause: { code: 'CANNOT_UNDO', ...(fields === undefined ? {} : { details: { fields } }) },
  });

  it('reverts a create, an update, a completion, a deletion and an undo', async () => {
    const { api } = await signUp(deps);
    const { id } = await api.tasks.create({ title: 'a', due: { date: '2026-12-01' } });
    const created = await last(api);
    await api.tasks.update({ id, title: 'b', due: null, priority: 'high' });
    const changed = await last(api);
    await api.tasks.complete({ id });

    await api.sync.undo({ number: changed });
    expect(await api.tasks.get({ id })).toMatchObject({
      title: 'a',
      due: { date: '2026-12-01' },
      priority: 'none',
      status: 'done',
    });
    await api.sync.undo({ number: await last(api) });
    expect(await api.tasks.get({ id })).toMatchObject({ title: 'b', due: null, priority: 'high', status: 'done' });

    const undone = await api.sync.undo({ number: changed + 1 });
    expect(undone).toMatchObject({ action: 'undo', entity: 'task', id, row: { status: 'todo', completedAt: null } });
    expect(undone.number).toBe(await last(api));

    await api.tasks.delete({ id });
    await api.sync.undo({ number: await last(api) });
    expect((await api.tasks.get({ id })).deletedAt).toBeNull();
    expect(await api.sync.undo({ number: created })).toMatchObject({ deleted: true });
    await expect(api.tasks.get({ id })).rejects.toMatchObject({ cause: { code: 'NOT_FOUND' } });
  });

  it('works for goals and for the user', async () => {
    const { api } = await signUp(deps);
    const goal = await api.goals.create({ title: 'g', metric: { unit: 'kg', start: 90, target: 80 } });
    await api.goals.update({ id: goal.id, metric: { current: 85 } });
    await api.sync.undo({ number: await last(api) });
    expect((await api.goals.get({ id: goal.id })).metric.current).toBe(90);
    await api.users.update({ name: 'Grace' });
    await api.sync.undo({ number: await last(api) });
    expect((await api.users.me()).name).toBe('Ada');
  });

  it('names the conflict, and then changes nothing', async () => {
    const { api } = await signUp(deps);
    const { id } = await api.tasks.create({ title: 'a' });
    await api.tasks.update({ id, title: 'b', notes: 'n' });
    const number = await last(api);
    await api.tasks.update({ id, title: 'c' });
    await expect(api.sync.undo({ number })).rejects.toMatchObject(refusal(['title']));
    await api.tasks.update({ id, title: 'b' });
    await api.tasks.delete({ id });
    await expect(api.sync.undo({ number })).rejects.toMatchObject(refusal());
    await api.tasks.restore({ id });
    await api.sync.undo({ number });
    await expect(api.sync.undo({ number })).rejects.toMatchObject(refusal(['notes', 'title']));
    const before = await last(api);
    // The registration, the Inbox and the session.
    for (const first of [1, 2, 3]) {
      await expect(api.sync.undo({ number: first })).rejects.toMatchObject(refusal());
    }
    expect(await last(api)).toBe(before);
  });

  it('does not link a task to a deleted goal', async () => {
    const { api } = await signUp(deps);
    const goal = await api.goals.create({ title: 'g' });
    const { id } = await api.tasks.create({ title: 'a', goalId: goal.id });
    await api.tasks.update({ id, goalId: null });
    const number = await last(api);
    await api.goals.delete({ id: goal.id });
    await expect(api.sync.undo({ number })).rejects.toMatchObject(refusal(['goalId']));
  });

  it("returns NOT_FOUND for another user's change, as for a missing one", async () => {
    const [mine, theirs] = [await signUp(deps), await signUp(deps)];
    for (let count = 0; count < 5; count += 1) await mine.api.tasks.create({ title: 'a' });
    const errorOf = (number: number) => theirs.api.sync.undo({ number }).catch((error: Error) => error.message);
    expect(await errorOf(await last(mine.api))).toBe(await errorOf(1_000_000));
  });
});

it('a pull without a session, or by another user, returns nothing', async () => {
  await expect(callAs(deps, null).sync.pull({})).rejects.toMatchObject({ cause: { code: 'UNAUTHENTICATED' } });
});
