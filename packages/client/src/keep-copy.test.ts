import { afterEach, expect, expectTypeOf, test, vi } from 'vitest';
import { startPlanner } from '../test/planner.ts';
import {
  type Change,
  type CopyRow,
  type CopyStep,
  type CopyStore,
  createAliceClient,
  type List,
  type LocalCopy,
  type SavedCopy,
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

/** A person's server with so many tasks, and a client that is signed in. */
async function signedIn(tasks = 0) {
  const planner = await startPlanner();
  for (let index = 0; index < tasks; index += 1) planner.write('task', { id: `t${index}`, title: `Task ${index}` });
  const alice = createAliceClient({ url: planner.url });
  await alice.auth.login.mutate(credentials);
  const pulls = () => planner.calls.filter(({ path }) => path === 'sync.pull').map(({ input }) => Object(input).cursor);
  const sees = (copy: LocalCopy, entity: 'task' | 'goal' | 'list' = 'task') =>
    expect(ids({ task: copy.tasks, goal: copy.goals, list: copy.lists }[entity])).toEqual(
      planner
        .rows(entity)
        .map(({ id, version }) => `${id} ${version}`)
        .sort(),
    );
  return { planner, alice, pulls, sees };
}

const ids = (rows: ReadonlyMap<string, { version: number }>) =>
  Array.from(rows, ([id, { version }]) => `${id} ${version}`).sort();

/** Keeps what it is given as a database would: copies of it. */
function memoryStore() {
  const rows = new Map<string, CopyRow>();
  const steps: CopyStep[] = [];
  let saved: SavedCopy | null = null;
  const store: CopyStore = {
    load: async () => structuredClone(saved),
    async save(step) {
      steps.push(step);
      if (step.reset) rows.clear();
      for (const { entity, id } of step.remove) rows.delete(`${entity} ${id}`);
      for (const row of step.put) rows.set(`${row.entity} ${row.id}`, structuredClone(row));
      saved = { cursor: step.cursor, number: step.number, rows: [...rows.values()] };
    },
  };
  const savedIds = () =>
    [...rows.values()].flatMap(({ entity, id, row }) => (entity === 'task' ? [`${id} ${row.version}`] : [])).sort();
  return { store, steps, savedIds };
}

test('a copy is complete when it is ready, contains Dates, and follows changes', async () => {
  const { planner, alice, sees } = await signedIn(250);
  planner.write('goal', { id: 'g' });
  planner.write('list', { id: 'l' });
  planner.write('task', { id: 't3', deletedAt: new Date().toISOString() });
  const copy = alice.sync.keep();
  expectTypeOf(copy.tasks).toEqualTypeOf<ReadonlyMap<string, Task>>();
  expectTypeOf(copy.goals).toEqualTypeOf<ReadonlyMap<string, SyncedGoal>>();
  expectTypeOf(copy.lists).toEqualTypeOf<ReadonlyMap<string, List>>();
  expectTypeOf(copy.user).toEqualTypeOf<User | undefined>();
  expect([copy.tasks.size, copy.user, copy.number]).toEqual([0, undefined, 0]);
  const news: Change[] = [];
  copy.onChange((changes) => news.push(...changes));
  await copy.ready;
  sees(copy);
  sees(copy, 'goal');
  sees(copy, 'list');
  expect(copy.user?.id).toBe('person-1');
  expect(copy.tasks.get('t0')?.createdAt).toBeInstanceOf(Date);
  expect(copy.number).toBe(254);
  expect(news).toHaveLength(252);

  news.length = 0;
  planner.write('task', { id: 't0', title: 'b' });
  planner.write('task', { id: 't1', deletedAt: new Date().toISOString() });
  planner.write('task', { id: 't1', deletedAt: null });
  planner.purge('task', 't2');
  planner.write('task', { id: 'new' });
  await vi.waitFor(() => expect(copy.number).toBe(259));
  sees(copy);
  expect(news.map(({ id, deleted }) => [id, deleted])).toEqual([
    ['t0', false],
    ['t1', true],
    ['t1', false],
    ['t2', true],
    ['new', false],
  ]);
  copy.stop();
});

test('changes during the full sync are included, and no older data overwrites them', async () => {
  const { planner, alice, sees } = await signedIn(250);
  let page = 0;
  planner.onPull = () => {
    page += 1;
    if (page > 6) return;
    // Rows that were read, and rows that will be: each of these is met ahead of its changes or behind them.
    planner.write('task', { id: 't1', title: `${page}` });
    planner.write('task', { id: 't240', title: `${page}` });
    planner.write('task', { id: `t${page * 40}`, deletedAt: page % 2 === 0 ? null : new Date().toISOString() });
    planner.write('task', { id: `new${page}` });
    planner.purge('task', `t${page * 40 + 1}`);
  };
  const copy = alice.sync.keep();
  await copy.ready;
  sees(copy);
  expect(copy.tasks.get('t1')?.title).toBe(String(page));
  copy.stop();
});

test('a dropped connection only causes a delay', async () => {
  hurry();
  const { planner, alice, pulls, sees } = await signedIn(3);
  const copy = alice.sync.keep();
  await copy.ready;
  const before = pulls().length;
  for (let round = 0; round < 3; round += 1) {
    await vi.waitFor(() => expect(planner.streams).toHaveLength(1));
    planner.drop();
    planner.write('task', { id: `t${round}`, title: 'away' });
    await vi.waitFor(() => expect(copy.number).toBe(5 + round));
  }
  sees(copy);
  expect(pulls()).toHaveLength(before);
  copy.stop();
});

test('when changes were pruned it starts a full sync, and shows the old copy until the new one is complete', async () => {
  hurry();
  const { planner, alice, sees } = await signedIn(150);
  const copy = alice.sync.keep();
  await copy.ready;
  await vi.waitFor(() => expect(planner.streams).toHaveLength(1));
  const old = copy.tasks;
  const news: Change[] = [];
  copy.onChange((changes) => news.push(...changes));
  const sizes: number[] = [];
  planner.onPull = () => {
    sizes.push(copy.tasks.size);
  };
  planner.drop();
  planner.write('task', { id: 't0', title: 'b' });
  planner.purge('task', 't1');
  planner.prune();
  await vi.waitFor(() => expect(copy.tasks).not.toBe(old));
  sees(copy);
  expect(sizes).toEqual(sizes.map(() => 150));
  expect(news.map(({ id, deleted }) => [id, deleted])).toEqual([
    ['t0', false],
    ['t1', true],
  ]);
  planner.write('task', { id: 'later' });
  await vi.waitFor(() => expect(copy.tasks.has('later')).toBe(true));
  copy.stop();
});

test('with a store it is available at once, pulls only what is new, and saves it', async () => {
  const { planner, alice, pulls, sees } = await signedIn(120);
  const { store, steps, savedIds } = memoryStore();
  const first = alice.sync.keep({ store });
  await first.ready;
  expect(steps.map(({ reset }) => reset)).toEqual([true, false, false]);
  await vi.waitFor(() => expect(planner.streams).toHaveLength(1));
  planner.write('task', { id: 't0', title: 'live' });
  planner.write('task', { id: 't1', deletedAt: new Date().toISOString() });
  await vi.waitFor(() => expect(first.number).toBe(123));
  first.stop();
  await vi.waitFor(() => expect(planner.streams).toHaveLength(0));
  sees(first);
  expect(savedIds()).toEqual(ids(first.tasks));

  planner.write('task', { id: 't2', title: 'away' });
  const before = pulls().length;
  const second = alice.sync.keep({ store });
  const news: Change[] = [];
  second.onChange((changes) => news.push(...changes));
  let early: string[] = [];
  planner.onPull = () => {
    early = ids(second.tasks);
  };
  await second.ready;
  expect(early).toEqual(ids(first.tasks));
  sees(second);
  // What it had from the stream is not news, although it is pulled again.
  expect(news.map(({ id }) => id)).toEqual(['t2']);
  expect(pulls().slice(before)).toEqual(['changes 121']);
  expect(savedIds()).toEqual(ids(second.tasks));
  second.stop();
});

test('an interrupted full sync continues where it stopped', async () => {
  const { planner, alice, pulls, sees } = await signedIn(250);
  const { store, steps } = memoryStore();
  const first = alice.sync.keep({
    store: {
      load: store.load,
      async save(step) {
        await store.save(step);
        if (steps.length === 2) first.stop();
      },
    },
  });
  await expect(first.ready).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(first.tasks.size).toBe(0);
  planner.write('task', { id: 't0', title: 'b' });
  const before = pulls().length;
  const second = alice.sync.keep({ store });
  await second.ready;
  expect(pulls()[before]).toMatch(/^rows 251 4t/);
  sees(second);
  second.stop();
});

test('a stored copy whose changes were pruned is replaced', async () => {
  const { planner, alice, sees } = await signedIn(5);
  const { store, savedIds } = memoryStore();
  const first = alice.sync.keep({ store });
  await first.ready;
  first.stop();
  planner.purge('task', 't1');
  planner.prune();
  const second = alice.sync.keep({ store });
  await second.ready;
  sees(second);
  expect(savedIds()).toEqual(ids(second.tasks));
  second.stop();
});

test('a stored copy whose cursor the server does not know is replaced', async () => {
  const { alice, sees } = await signedIn(5);
  const { store, savedIds } = memoryStore();
  await store.save({ cursor: 'of another age', number: 3, put: [], remove: [], reset: true });
  const copy = alice.sync.keep({ store });
  await copy.ready;
  sees(copy);
  expect(savedIds()).toEqual(ids(copy.tasks));
  copy.stop();
});

test('a stored copy of another user is not shown, and is replaced', async () => {
  const { planner, alice, sees } = await signedIn(5);
  const { store, savedIds } = memoryStore();
  const first = alice.sync.keep({ store });
  await first.ready;
  first.stop();
  planner.handOver('person-2');
  await alice.auth.login.mutate(credentials);
  planner.write('task', { id: 'theirs' });
  const second = alice.sync.keep({ store });
  let early = -1;
  planner.onPull = () => {
    early = second.tasks.size;
  };
  await second.ready;
  expect(early).toBe(0);
  expect(second.user?.id).toBe('person-2');
  sees(second);
  expect(savedIds()).toEqual(['theirs 1']);
  second.stop();
});

test('a sign-in as another user during the sync ends the copy', async () => {
  const { planner, alice } = await signedIn(250);
  let pages = 0;
  planner.onPull = async () => {
    pages += 1;
    if (pages !== 2) return;
    planner.handOver('person-2');
    planner.write('task', { id: 'theirs' });
    await alice.auth.login.mutate(credentials);
  };
  const onError = vi.fn();
  const copy = alice.sync.keep({ onError });
  await expect(copy.ready).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: 'Another user has signed in' });
  expect(onError).toHaveBeenCalledOnce();
  expect(copy.tasks.size).toBe(0);
});

test('an unavailable or busy server is retried', async () => {
  hurry();
  const { planner, alice, sees } = await signedIn(3);
  const { fetch } = globalThis;
  let failures = 12;
  const patient = createAliceClient({
    url: planner.url,
    tokens: { get: () => planner.tokens, set: vi.fn(), clear: vi.fn() },
    retries: 0,
    fetch(input, init) {
      failures -= 1;
      return failures >= 0 ? Promise.reject(new TypeError('no network')) : fetch(input, init);
    },
  });
  const copy = patient.sync.keep();
  await copy.ready;
  sees(copy);
  copy.stop();
  await alice.auth.logout.mutate();
});

test('the end of the session ends the copy, before and after it is ready', async () => {
  hurry();
  const { planner, alice } = await signedIn(1);
  const copy = alice.sync.keep();
  const onError = vi.fn();
  const other = alice.sync.keep({ onError });
  await Promise.all([copy.ready, other.ready]);
  await vi.waitFor(() => expect(planner.streams).toHaveLength(2));
  const reported = vi.fn();
  vi.stubGlobal('reportError', reported);
  planner.tokens = null;
  planner.drop();
  await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce());
  expect(onError.mock.calls[0]?.[0]).toMatchObject({ name: 'AliceError', code: 'UNAUTHENTICATED' });
  // Whom nobody told is told where all is told.
  await vi.waitFor(() => expect(reported).toHaveBeenCalledOnce());
  expect(copy.tasks.size).toBe(1);
  await expect(alice.sync.keep().ready).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a failing store ends the copy', async () => {
  const { alice } = await signedIn(1);
  const full = new Error('disk full');
  const copy = alice.sync.keep({ store: { load: async () => null, save: () => Promise.reject(full) } });
  await expect(copy.ready).rejects.toMatchObject({ name: 'AliceError', message: 'disk full', cause: full });
});

test('it stops when it is closed or its signal aborts, and applies no further changes', async () => {
  const { planner, alice } = await signedIn(1);
  const controller = new AbortController();
  const onError = vi.fn();
  const copies = [alice.sync.keep({ onError }), alice.sync.keep({ signal: controller.signal, onError })];
  await Promise.all(copies.map(({ ready }) => ready));
  await vi.waitFor(() => expect(planner.streams).toHaveLength(2));
  copies[0]?.stop();
  controller.abort();
  await vi.waitFor(() => expect(planner.streams).toHaveLength(0));
  planner.write('task', { id: 'later' });
  expect(copies.map(({ tasks }) => tasks.size)).toEqual([1, 1]);
  const never = alice.sync.keep({ signal: AbortSignal.abort() });
  await expect(never.ready).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(onError).not.toHaveBeenCalled();
});

test('an error in a listener affects neither other listeners nor the copy; a removed listener is not called', async () => {
  const reported = vi.fn();
  vi.stubGlobal('reportError', reported);
  const { planner, alice } = await signedIn(1);
  const copy = alice.sync.keep();
  const heard = vi.fn();
  copy.onChange(() => {
    throw new Error('of a listener');
  });
  const off = copy.onChange(heard);
  await copy.ready;
  off();
  planner.write('task', { id: 'a' });
  await vi.waitFor(() => expect(copy.tasks.has('a')).toBe(true));
  expect(heard).toHaveBeenCalledOnce();
  expect(reported).toHaveBeenCalledTimes(2);
  copy.stop();
});
