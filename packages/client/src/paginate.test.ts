import { expect, expectTypeOf, test } from 'vitest';
import { startPeer } from '../test/peer.ts';
import {
  createAliceClient,
  type Goal,
  type ListedTask,
  paginate,
  type RouterInputs,
  type RouterOutputs,
} from './index.ts';

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A list of the numbers below `length`, as tasks are paged. */
async function listOf(length: number) {
  const peer = await startPeer(({ input }) => {
    const { limit = 20, cursor = '0' } = Object(input);
    const begin = Number(cursor);
    const end = Math.min(length, begin + limit);
    const items = Array.from({ length: end - begin }, (_, index) => ({ title: String(begin + index) }));
    return { data: { items, nextCursor: end < length ? String(end) : null } };
  });
  return { peer, alice: createAliceClient({ url: peer.url }) };
}

test.each([0, 1, 7, 20])('returns all of %i items, in order, once each', async (length) => {
  const { alice } = await listOf(length);
  const titles = (await collect(paginate(alice.tasks.list, { limit: 7 }))).map(({ title }) => title);
  expect(titles).toEqual(Array.from({ length }, (_, index) => String(index)));
});

test('returns page by page', async () => {
  const { alice } = await listOf(10);
  const sizes = (await collect(paginate(alice.tasks.list, { limit: 4 }).pages())).map(({ length }) => length);
  expect(sizes).toEqual([4, 4, 2]);
});

test('fetches no page that is not needed, and sends the input with each', async () => {
  const { peer, alice } = await listOf(100);
  for await (const task of paginate(alice.tasks.list, { limit: 5, order: 'due', cursor: '10' })) {
    if (task.title === '16') break;
  }
  expect(peer.calls.map(({ input }) => input)).toEqual([
    { limit: 5, order: 'due', cursor: '10' },
    { limit: 5, order: 'due', cursor: '15' },
  ]);
});

test('can be iterated twice', async () => {
  const { alice } = await listOf(3);
  const all = paginate(alice.tasks.list, {});
  for (const _ of [1, 2]) expect(await collect(all)).toHaveLength(3);
});

test('rejects with the error of the failed page, or when the caller cancels', async () => {
  const { alice } = await listOf(10);
  await expect(collect(paginate(alice.tasks.list, {}, { signal: AbortSignal.abort() }))).rejects.toMatchObject({
    code: 'CANCELLED',
  });
});

test('infers its types from the procedure', async () => {
  const { alice } = await listOf(0);
  for await (const task of paginate(alice.tasks.list, {})) expectTypeOf(task).toEqualTypeOf<ListedTask>();
  for await (const goal of paginate(alice.goals.list, {})) expectTypeOf(goal).toEqualTypeOf<Goal>();
  // @ts-expect-error there is no such status
  paginate(alice.tasks.list, { status: ['finished'] });
  // @ts-expect-error it has no pages
  paginate(alice.tasks.get, { id: '1' });
});

test('every procedure that returns pages accepts a cursor', () => {
  type Lists<Procedures> = {
    [Name in keyof Procedures]: Procedures[Name] extends { nextCursor: string | null } ? Name : never;
  }[keyof Procedures];
  type CursorOf<Router extends keyof RouterOutputs> = {
    [Name in Lists<RouterOutputs[Router]>]: Name extends keyof RouterInputs[Router]
      ? 'cursor' extends keyof Extract<RouterInputs[Router][Name], object>
        ? true
        : Name
      : Name;
  }[Lists<RouterOutputs[Router]>];
  expectTypeOf<{ [Router in keyof RouterOutputs]: CursorOf<Router> }[keyof RouterOutputs]>().toEqualTypeOf<true>();
});
