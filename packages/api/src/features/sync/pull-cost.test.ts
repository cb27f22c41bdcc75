import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { signUp, testDeps } from '../../testing/index.ts';

let deps: Deps;
beforeAll(async () => {
  deps = await testDeps(await testDatabase());
});
afterAll(() => deps.db.close());

type Person = Awaited<ReturnType<typeof signUp>>;

/** 20,000 characters, others for each version. */
const notes = (version: string) => `repeat(md5((${version})::text), 625)`;

/** A task whose notes were written again and again: `updates` changes. Gives the number of the change that made the task. */
async function makeHistory({ user, api }: Person, updates: number): Promise<number> {
  const id = uuidv7();
  await api.tasks.create({ id, title: 'Diary' });
  const [{ number: made } = { number: 0 }] = await deps.db.query<{ number: number }>(
    { text: 'SELECT number FROM change_counters WHERE user_id = $1' },
    [user.id],
  );
  await deps.db.transaction(async ({ query }) => {
    await query({ text: `SET LOCAL statement_timeout = '60s'` }, []);
    await query(
      {
        text: `
          INSERT INTO activity (user_id, number, at, actor_id, entity, entity_id, action, before, after)
          SELECT $1, $3::int + n, now(), $1, 'task', $2, 'update',
                 jsonb_build_object('version', n, 'notes', ${notes('n - 1')}),
                 jsonb_build_object('version', n + 1, 'notes', ${notes('n')})
            FROM generate_series(1, $4::int) n`,
      },
      [user.id, id, made, updates],
    );
    await query({ text: `UPDATE tasks SET notes = ${notes('$2::int')}, version = $2::int + 1 WHERE user_id = $1` }, [
      user.id,
      updates,
    ]);
    await query({ text: 'UPDATE change_counters SET number = number + $2::int WHERE user_id = $1' }, [
      user.id,
      updates,
    ]);
  });
  await deps.db.query({ text: 'ANALYZE activity' }, []);
  return made;
}

const after = (number: number) => Buffer.from(JSON.stringify(['changes', [String(number)]])).toString('base64url');

describe('a page of the changes of one row with a long history', () => {
  it('costs no more when there are more later changes', { timeout: 60_000 }, async () => {
    const [short, long] = [await signUp(deps), await signUp(deps)];
    const made = await makeHistory(short, 25);
    expect(await makeHistory(long, 2000)).toBe(made);
    const pull = async ({ api }: Person) => {
      const began = performance.now();
      const { items } = await api.sync.pull({ cursor: after(made), limit: 20 });
      const took = performance.now() - began;
      expect(items.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, index) => made + 1 + index));
      return took;
    };
    const times = { short: [] as number[], long: [] as number[] };
    for (let round = 0; round < 9; round += 1) {
      times.short.push(await pull(short));
      times.long.push(await pull(long));
    }
    const median = (values: readonly number[]) => values.toSorted((one, other) => one - other)[4] ?? 0;
    const figures = { short: median(times.short), long: median(times.long) };
    console.info(`pull of 20 changes: ${JSON.stringify(figures)}`);
    expect(figures.long).toBeLessThan(3 * figures.short + 10);
  });

  it('is at most half a megabyte, and all pages together contain every change once', async () => {
    const person = await signUp(deps);
    const made = await makeHistory(person, 150);
    const seen: number[] = [];
    let cursor = after(made);
    for (let hasMore = true; hasMore; ) {
      const page = await person.api.sync.pull({ cursor, limit: 100 });
      expect(JSON.stringify(page).length).toBeLessThan(650_000);
      for (const { number, row } of page.items) {
        seen.push(number);
        expect(row?.version).toBe(number - made + 1);
      }
      ({ nextCursor: cursor, hasMore } = page);
    }
    expect(seen).toEqual(Array.from({ length: 150 }, (_, index) => made + 1 + index));
  });

  it('is at most half a megabyte in a full sync, too', async () => {
    const { api } = await signUp(deps);
    for (let count = 0; count < 100; count += 1)
      await api.tasks.create({ title: `${count}`, notes: 'n'.repeat(20_000) });
    const titles: string[] = [];
    let cursor: string | undefined;
    for (let number: number | null = null; number === null; ) {
      const page: Awaited<ReturnType<typeof api.sync.pull>> = await api.sync.pull({
        limit: 100,
        ...(cursor && { cursor }),
      });
      expect(JSON.stringify(page).length).toBeLessThan(650_000);
      for (const { entity, row, action } of page.items)
        if (entity === 'task' && action === 'snapshot') titles.push(row?.title ?? '');
      ({ nextCursor: cursor, number } = page);
    }
    expect(titles.map(Number).toSorted((one, other) => one - other)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });
});
