import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { signUp, testDeps } from '../../testing/index.ts';

let deps: Deps;
beforeAll(async () => {
  deps = await testDeps(await testDatabase());
});
afterAll(() => deps.db.close());

type Person = Awaited<ReturnType<typeof signUp>>;

/** So many tasks with the longest notes: one letter over and over, the worst that a search can look through. */
async function addLongTasks({ user }: Person, count: number): Promise<void> {
  await deps.db.query(
    {
      text: `INSERT INTO tasks (user_id, id, title, notes, due_by, created_at, updated_at)
             SELECT $1, gen_random_uuid(), 'Task ' || n, repeat('a', 20000), '9999-12-31 23:59:59', now(), now()
               FROM generate_series(1, $2::int) n`,
    },
    [user.id, count],
  );
}

/** A needle that differs from such notes in its last letter only. */
const worst = `${'a'.repeat(199)}b`;

async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const began = performance.now();
  const result = await work();
  return { ms: performance.now() - began, result };
}

describe('a search for text', () => {
  it('costs little more than one scan of the notes, for any query', async () => {
    const person = await signUp(deps);
    await addLongTasks(person, 100);
    const fold = { text: 'SELECT sum(length(lower(notes))) FROM tasks WHERE user_id = $1' };
    const plain: number[] = [];
    const search: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      plain.push((await timed(() => deps.db.query(fold, [person.user.id]))).ms);
      search.push((await timed(() => person.api.tasks.list({ text: worst }))).ms);
    }
    const figures = { plain: Math.min(...plain), search: Math.min(...search) };
    console.info(`search through 100 long notes: ${JSON.stringify(figures)}`);
    expect(figures.search).toBeLessThan(10 * figures.plain + 50);
  });

  it('returns what it has found after a time limit, and continues from there', { timeout: 60_000 }, async () => {
    const person = await signUp(deps);
    await person.api.tasks.create({ title: 'Oldest', notes: `xx${worst.toUpperCase()}` });
    await addLongTasks(person, 2000);
    await person.api.tasks.create({ title: 'Newest', notes: worst });
    const titles: string[] = [];
    const times: number[] = [];
    let cursor: string | null = null;
    do {
      const input: { text: string; cursor?: string } = { text: worst, ...(cursor === null ? {} : { cursor }) };
      const { ms, result } = await timed(() => person.api.tasks.list(input));
      times.push(ms);
      titles.push(...result.items.map(({ title }) => title));
      cursor = result.nextCursor;
    } while (cursor !== null);
    console.info(`search through 2000 long notes: ${times.length} pages, longest ${Math.max(...times)} ms`);
    // By the test's clock the one that was made by SQL may be the newest or the oldest.
    expect(titles.toSorted()).toEqual(['Newest', 'Oldest']);
    expect(times.length).toBeGreaterThan(1);
    expect(Math.max(...times)).toBeLessThan(1500);
  });

  it('treats every character literally, and ignores case', async () => {
    const { api } = await signUp(deps);
    await api.tasks.create({ title: 'ÉTÉ (.*) [a-z]\\d+ Жук' });
    for (const text of ['été', '(.*)', '[A-Z]', '\\D+', 'жУК', '***=', '***:(?i)x'])
      expect((await api.tasks.list({ text })).items.length, text).toBe(text.startsWith('***') ? 0 : 1);
    expect((await api.tasks.list({ text: 'ete' })).items).toEqual([]);
  });
});

describe('a page of long notes', () => {
  type Listed = { items: { title: string }[]; nextCursor: string | null };
  async function pagesOf(list: (cursor: string | undefined) => Promise<Listed>): Promise<Listed[]> {
    const pages: Listed[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await list(cursor ?? undefined);
      pages.push(page);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return pages;
  }

  it.each(['created', 'due', 'priority'] as const)('holds at most half a megabyte, by %s', async (order) => {
    const person = await signUp(deps);
    await addLongTasks(person, 120);
    const pages = await pagesOf((cursor) => person.api.tasks.list({ limit: 100, order, ...(cursor && { cursor }) }));
    for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(450_000);
    expect(new Set(pages.flatMap(({ items }) => items.map(({ title }) => title))).size).toBe(120);
    expect(pages.flatMap(({ items }) => items)).toHaveLength(120);
  });

  it('holds at most the same in a search', async () => {
    const person = await signUp(deps);
    await addLongTasks(person, 120);
    const pages = await pagesOf((cursor) =>
      person.api.tasks.list({ limit: 100, text: 'AAA', ...(cursor && { cursor }) }),
    );
    for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(450_000);
    expect(pages.flatMap(({ items }) => items)).toHaveLength(120);
  });

  it('holds at most the same for goals', async () => {
    const { api } = await signUp(deps);
    for (let count = 0; count < 100; count += 1)
      await api.goals.create({ title: `${count}`, notes: 'n'.repeat(20_000) });
    const pages = await pagesOf((cursor) => api.goals.list({ limit: 100, ...(cursor && { cursor }) }));
    for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(450_000);
    expect(pages.flatMap(({ items }) => items)).toHaveLength(100);
  });
});
