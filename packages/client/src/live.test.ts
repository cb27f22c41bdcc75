import { afterEach, expect, expectTypeOf, test, vi } from 'vitest';
import { startPlanner } from '../test/planner.ts';
import {
  type Change,
  createAliceClient,
  type List,
  type LiveStatus,
  type SyncedGoal,
  type Task,
  type User,
} from './index.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const credentials = { email: 'a@example.com', password: 'correct horse battery staple' };
const hurry = () => vi.spyOn(Math, 'random').mockReturnValue(0);

async function signedIn() {
  const planner = await startPlanner();
  const alice = createAliceClient({ url: planner.url });
  await alice.auth.login.mutate(credentials);
  const states: LiveStatus[] = [];
  const isLive = () => vi.waitFor(() => expect(planner.streams).toHaveLength(1));
  const connections = () => planner.paths().filter((path) => path === 'sync.live').length;
  return { planner, alice, states, isLive, connections };
}

test('each handler gets the events it asked for, typed, over one connection', async () => {
  const { planner, alice, isLive, connections } = await signedIn();
  const tasks: Change[] = [];
  const goals: Change[] = [];
  const lists: Change[] = [];
  const all: Change[] = [];
  const offs = [
    alice.live.on('task', (change) => {
      expectTypeOf(change.row).toEqualTypeOf<Task | null>();
      tasks.push(change);
    }),
    alice.live.on('goal', (change) => {
      expectTypeOf(change.row).toEqualTypeOf<SyncedGoal | null>();
      goals.push(change);
    }),
    alice.live.on('list', (change) => {
      expectTypeOf(change.row).toEqualTypeOf<List | null>();
      lists.push(change);
    }),
    alice.live.on('user', (change) => {
      expectTypeOf(change.row).toEqualTypeOf<User | null>();
    }),
    alice.live.on('change', (change) => {
      expectTypeOf(change).toEqualTypeOf<Change>();
      all.push(change);
    }),
  ];
  await isLive();
  planner.write('task', { id: 't', title: 'Zahnarzt 🦷' });
  planner.write('goal', { id: 'g' });
  planner.write('list', { id: 'l' });
  planner.write('user', { id: 'person-1', name: 'B' });
  await vi.waitFor(() => expect(all).toHaveLength(4));
  expect(tasks).toMatchObject([{ id: 't', row: { title: 'Zahnarzt 🦷', createdAt: expect.any(Date) } }]);
  expect(goals).toMatchObject([{ id: 'g' }]);
  expect(lists).toMatchObject([{ id: 'l' }]);
  expect(all.map(({ entity }) => entity)).toEqual(['task', 'goal', 'list', 'user']);
  for (const off of offs) off();
  await vi.waitFor(() => expect(planner.streams).toHaveLength(0));
  expect(connections()).toBe(1);
});

test('the connection stays open until the last handler is removed, and reopens for the next one', async () => {
  const { planner, alice, isLive, connections } = await signedIn();
  const seen: string[] = [];
  const first = alice.live.on('task', ({ id }) => seen.push(id));
  const second = alice.live.on('status', () => {});
  await isLive();
  second();
  second();
  planner.write('task', { id: 'a' });
  await vi.waitFor(() => expect(seen).toEqual(['a']));
  first();
  await vi.waitFor(() => expect(planner.streams).toHaveLength(0));
  planner.write('task', { id: 'b' });
  const off = alice.live.on('task', ({ id }) => seen.push(id));
  await isLive();
  planner.write('task', { id: 'c' });
  await vi.waitFor(() => expect(seen).toEqual(['a', 'c']));
  expect(connections()).toBe(2);
  off();
});

test('a function that was added twice is called twice, and removed one at a time', async () => {
  const { planner, alice, isLive } = await signedIn();
  const handler = vi.fn();
  const [off, other] = [alice.live.on('task', handler), alice.live.on('task', handler)];
  await isLive();
  planner.write('task', { id: 'a' });
  await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(2));
  off();
  planner.write('task', { id: 'b' });
  await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(3));
  other();
});

test('an error in a handler affects neither other handlers nor the stream', async () => {
  const reported = vi.fn();
  vi.stubGlobal('reportError', reported);
  const { planner, alice, isLive, connections } = await signedIn();
  const seen: string[] = [];
  const offs = [
    alice.live.on('task', () => {
      throw new Error('of a handler');
    }),
    alice.live.on('task', ({ id }) => seen.push(id)),
  ];
  await isLive();
  planner.write('task', { id: 'a' });
  planner.write('task', { id: 'b' });
  await vi.waitFor(() => expect(seen).toEqual(['a', 'b']));
  expect(reported).toHaveBeenCalledTimes(2);
  expect(connections()).toBe(1);
  for (const off of offs) off();
});

test('the status is reported at once and at each change; a restart of the server loses nothing', async () => {
  hurry();
  const { planner, alice, states, isLive } = await signedIn();
  const seen: string[] = [];
  const offs = [
    alice.live.on('status', (status) => states.push(status)),
    alice.live.on('task', ({ id }) => seen.push(id)),
  ];
  expect(states).toEqual([{ state: 'connecting' }]);
  await isLive();
  await vi.waitFor(() => expect(states.at(-1)).toEqual({ state: 'live' }));
  const late: LiveStatus[] = [];
  offs.push(alice.live.on('status', (status) => late.push(status)));
  expect(late).toEqual([{ state: 'live' }]);
  planner.drop();
  planner.write('task', { id: 'a' });
  await vi.waitFor(() => expect(seen).toEqual(['a']));
  expect(states.map(({ state }) => state)).toEqual(['connecting', 'live', 'connecting', 'live']);
  expect(states[2]?.error).toMatchObject({ name: 'AliceError', code: 'NETWORK' });
  for (const off of offs) off();
});

test('the reason for the end is reported; the next handler reopens the stream', async () => {
  hurry();
  const { planner, alice, states } = await signedIn();
  planner.tokens = null;
  const off = alice.live.on('status', (status) => states.push(status));
  await vi.waitFor(() => expect(states.at(-1)?.state).toBe('closed'));
  expect(states.at(-1)?.error).toMatchObject({ name: 'AliceError', code: 'UNAUTHENTICATED' });
  const other = alice.live.on('task', () => {});
  expect(states.at(-1)).toEqual({ state: 'connecting' });
  other();
  off();
});

test('handlers can be added before sign-in, and stay when another user signs in', async () => {
  hurry();
  const planner = await startPlanner();
  const alice = createAliceClient({ url: planner.url });
  const states: string[] = [];
  const seen: string[] = [];
  const offs = [
    alice.live.on('status', ({ state }) => states.push(state)),
    alice.live.on('task', ({ id }) => seen.push(id)),
  ];
  await vi.waitFor(() => expect(states.at(-1)).toBe('closed'));
  await alice.auth.login.mutate(credentials);
  await vi.waitFor(() => expect(states.at(-1)).toBe('live'));
  planner.write('task', { id: 'a' });
  await vi.waitFor(() => expect(seen).toEqual(['a']));

  await alice.auth.logout.mutate();
  await vi.waitFor(() => expect(states.at(-1)).toBe('closed'));
  expect(planner.streams).toHaveLength(0);
  planner.handOver('person-2');
  await alice.auth.login.mutate(credentials);
  await vi.waitFor(() => expect(states.at(-1)).toBe('live'));
  planner.write('task', { id: 'b' });
  await vi.waitFor(() => expect(seen).toEqual(['a', 'b']));
  for (const off of offs) off();
});

test('a client without handlers opens no stream at sign-in', async () => {
  const { alice, connections } = await signedIn();
  await alice.auth.logout.mutate();
  await alice.auth.login.mutate(credentials);
  expect(connections()).toBe(0);
});
