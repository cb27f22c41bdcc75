import { MutationObserver, QueryClient, QueryObserver } from '@tanstack/react-query';
import { getUntypedClient } from '@trpc/client';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { expect, expectTypeOf, test, vi } from 'vitest';
import { startPlanner } from '../test/planner.ts';
import { type AppRouter, type Change, createAliceClient, type ListedTask, type Task } from './index.ts';

async function signedIn() {
  const planner = await startPlanner();
  const alice = createAliceClient({ url: planner.url });
  await alice.auth.login.mutate({ email: 'a@example.com', password: 'correct horse battery staple' });
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false, gcTime: 0 } } });
  const trpc = createTRPCOptionsProxy<AppRouter>({ client: alice, queryClient });
  return { planner, alice, queryClient, trpc };
}

test("the tRPC client is accessible beside our own members, and none hides one of tRPC's", async () => {
  const { alice } = await signedIn();
  expect(typeof getUntypedClient<AppRouter>(alice).query).toBe('function');
  expect(typeof alice.live.on).toBe('function');
  expect(typeof alice.sync.keep).toBe('function');
  await expect(alice.sync.pull.query({})).resolves.toMatchObject({ fullSyncRequired: false });
  // A client may be what a promise resolves to.
  expect(await Promise.resolve(alice)).toBe(alice);
});

test('queries and mutations use our links, typed', async () => {
  const { planner, queryClient, trpc } = await signedIn();
  planner.expireAccess();
  const mutation = new MutationObserver(queryClient, trpc.tasks.create.mutationOptions());
  const created = await mutation.mutate({ title: 'Zahnarzt 🦷' });
  expectTypeOf(created).toEqualTypeOf<Task>();
  expect(planner.calls.at(-1)?.idempotencyKey).toBeDefined();
  const { items } = await queryClient.fetchQuery(trpc.tasks.list.queryOptions({ limit: 5 }));
  expectTypeOf(items).toEqualTypeOf<ListedTask[]>();
  expect(items[0]?.createdAt).toBeInstanceOf(Date);
  planner.tokens = null;
  await expect(queryClient.fetchQuery(trpc.users.me.queryOptions())).rejects.toMatchObject({
    name: 'AliceError',
    code: 'UNAUTHENTICATED',
  });
});

test('a change made elsewhere updates a list', async () => {
  const { planner, alice, queryClient, trpc } = await signedIn();
  const list = new QueryObserver(queryClient, trpc.tasks.list.queryOptions({}));
  const titles: unknown[] = [];
  const unsubscribe = list.subscribe(({ data }) => titles.push(data?.items.map(({ title }) => title).join()));
  const off = alice.live.on('task', () => queryClient.invalidateQueries(trpc.tasks.pathFilter()));
  await vi.waitFor(() => expect(planner.streams).toHaveLength(1));
  planner.write('task', { id: 'a', title: 'by another client' });
  await vi.waitFor(() => expect(titles.at(-1)).toBe('by another client'));
  off();
  unsubscribe();
});

test('subscriptions use our link', async () => {
  const { planner, trpc } = await signedIn();
  const changes: Change[] = [];
  const options = trpc.sync.live.subscriptionOptions({});
  const subscription = options.subscribe({ onData: ({ data }) => changes.push(data) });
  await vi.waitFor(() => expect(planner.streams).toHaveLength(1));
  planner.write('task', { id: 'a' });
  await vi.waitFor(() => expect(changes).toMatchObject([{ id: 'a', changedAt: expect.any(Date) }]));
  subscription.unsubscribe();
  await vi.waitFor(() => expect(planner.streams).toHaveLength(0));
});
