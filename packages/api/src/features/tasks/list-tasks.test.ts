import { testDatabase } from '@alice/db/testing';
import fc from 'fast-check';
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

type Api = Awaited<ReturnType<typeof signUp>>['api'];
type ListInput = Exclude<Parameters<Api['tasks']['list']>[0], void>;

async function titlesOf(api: Api, input: ListInput): Promise<string[]> {
  const titles: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Api['tasks']['list']>> = await api.tasks.list({
      ...input,
      ...(cursor ? { cursor } : {}),
    });
    expect(page.items.length).toBeLessThanOrEqual(input.limit ?? 20);
    titles.push(...page.items.map((task) => task.title));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return titles;
}

describe('filters', () => {
  it('match status, priority, due range, goal and text', async () => {
    const { api } = await signUp(deps);
    const goal = await api.goals.create({ title: 'g' });
    await api.tasks.create({ title: 'Invoice 100%', status: 'done', priority: 'urgent', goalId: goal.id });
    await api.tasks.create({ title: 'call', notes: 'about the INVOICE_2', due: { date: '2026-03-04' } });
    await api.tasks.create({ title: 'late', status: 'in_progress', due: { date: '2026-03-05', time: '23:59' } });
    await api.tasks.create({ title: 'later', status: 'cancelled', due: { date: '2026-03-06' }, priority: 'low' });
    const find = async (input: ListInput) => (await titlesOf(api, input)).sort();
    expect(await find({ status: ['done'] })).toEqual(['Invoice 100%']);
    expect(await find({ status: ['todo', 'in_progress'] })).toEqual(['call', 'late']);
    expect(await find({ priority: ['urgent', 'low'] })).toEqual(['Invoice 100%', 'later']);
    expect(await find({ due: { from: '2026-03-05' } })).toEqual(['late', 'later']);
    expect(await find({ due: { to: '2026-03-05' } })).toEqual(['call', 'late']);
    expect(await find({ due: {} })).toEqual(['call', 'late', 'later']);
    expect(await find({ goalId: goal.id })).toEqual(['Invoice 100%']);
    expect(await find({ text: 'invoice' })).toEqual(['Invoice 100%', 'call']);
    // The wildcards of LIKE are text like any other.
    expect(await find({ text: '0%' })).toEqual(['Invoice 100%']);
    expect(await find({ text: 'e_2' })).toEqual(['call']);
    expect(await find({ text: '%' })).toEqual(['Invoice 100%']);
    expect(await find({ text: '\\' })).toEqual([]);
    expect(await find({ status: ['todo'], text: 'invoice', due: { from: '2026-03-01', to: '2026-03-31' } })).toEqual([
      'call',
    ]);
  });
});

describe('sorting and pagination', () => {
  it('returns each row once in every order and direction, in pages of any size', async () => {
    const { api } = await signUp(deps);
    const priorities = ['none', 'low', 'medium', 'high', 'urgent'] as const;
    const made: { title: string; created: number; due: string; priority: number }[] = [];
    for (let i = 0; i < 23; i += 1) {
      // Several share an instant, so that ties are broken by the id.
      if (i % 4 === 0) clock.advance({ seconds: 1 });
      const date = `2026-04-${String(1 + ((i * 7) % 9)).padStart(2, '0')}`;
      const hasDue = i % 3 !== 0;
      const priority = (i * 3) % 5;
      const title = String(i);
      await api.tasks.create({ title, priority: priorities[priority] ?? 'none', due: hasDue ? { date } : null });
      made.push({ title, created: clock.now().getTime(), due: hasDue ? date : '9999', priority });
    }
    type Made = (typeof made)[number];
    const keys: Record<'created' | 'due' | 'priority', (task: Made) => (string | number)[]> = {
      created: (task) => [task.created],
      due: (task) => [task.due],
      priority: (task) => [task.priority, task.created],
    };
    const byTitle = new Map(made.map((task) => [task.title, task]));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('created', 'due', 'priority'),
        fc.constantFrom('asc', 'desc'),
        fc.integer({ min: 1, max: 25 }),
        async (order, direction, limit) => {
          const titles = await titlesOf(api, { order, direction, limit });
          expect([...titles].sort()).toEqual(made.map((t) => t.title).sort());
          const ordered = titles
            .flatMap((title) => byTitle.get(title) ?? [])
            .map((task) => JSON.stringify(keys[order](task)));
          const expected = made
            .map(keys[order])
            .sort((a, b) => compare(a, b) * (direction === 'asc' ? 1 : -1))
            .map((key) => JSON.stringify(key));
          expect(ordered).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('misses nothing and repeats nothing while rows are inserted', async () => {
    const { api } = await signUp(deps);
    for (let i = 0; i < 10; i += 1) {
      clock.advance({ seconds: 1 });
      await api.tasks.create({ title: `old ${i}` });
    }
    const first = await api.tasks.list({ limit: 4 });
    clock.advance({ seconds: 1 });
    await api.tasks.create({ title: 'new' });
    const rest = await titlesOf(api, { limit: 4, cursor: first.nextCursor ?? '' });
    const seen = [...first.items.map((task) => task.title), ...rest];
    expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => `old ${9 - i}`));
  });

  it('refuses an invalid cursor, and one of another order', async () => {
    const { api } = await signUp(deps);
    await api.tasks.create({ title: 'a' });
    await api.tasks.create({ title: 'b' });
    const { nextCursor } = await api.tasks.list({ limit: 1 });
    const refusal = { cause: { code: 'VALIDATION_FAILED', errors: [{ path: 'cursor' }] } };
    await expect(api.tasks.list({ cursor: nextCursor ?? '', order: 'due' })).rejects.toMatchObject(refusal);
    for (const forged of ['x', 'bnVsbA', Buffer.from('["created.desc",["now","1"]]').toString('base64url')]) {
      await expect(api.tasks.list({ cursor: forged })).rejects.toMatchObject(refusal);
    }
  });
});

function compare(a: (string | number)[], b: (string | number)[]): number {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? '';
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}
