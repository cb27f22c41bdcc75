/**
 * A consumer outside the monorepo, with nothing installed but `@alice/client`: goes through a person's day against the
 * server at the address given, which should give access tokens a lifetime of seconds. One line for each step; ends with
 * 1 at the first mismatch.
 */
import {
  type AliceClient,
  type Change,
  createAliceClient,
  type Goal,
  isAliceError,
  memoryTokenStore,
  paginate,
  type Task,
  TaskPriority,
  TaskStatus,
  type TokenStore,
} from '@alice/client';

/** Node's, without its types: a consumer has none. */
declare const process: { readonly argv: readonly string[]; exitCode?: number };

const titles = Array.from(
  { length: 30 },
  (_, index) => `${['Zahnarzt 🦷', '買い物', 'אימייל', 'naïve café', '2026-11-22T09:30:00.000Z'][index % 5]} ${index}`,
);
const instantAsTitle = '2026-11-22T09:30:00.000Z';

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`Mismatch: ${what}`);
}

function checkInstants(row: Pick<Task | Goal, 'createdAt' | 'updatedAt'>, what: string): void {
  check(row.createdAt instanceof Date && row.updatedAt instanceof Date, `${what}: instants are Dates`);
  check(Math.abs(row.createdAt.getTime() - Date.now()) < 3_600_000, `${what}: made just now`);
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function register(alice: AliceClient): Promise<string> {
  const email = `consumer-${crypto.randomUUID()}@example.com`;
  const { user } = await alice.auth.register.mutate({
    email,
    password: 'correct horse battery staple',
    name: 'Zoë 🦊',
    timeZone: 'Europe/Berlin',
  });
  check(user.email === email && user.name === 'Zoë 🦊', 'the account is ours');
  checkInstants(user, 'user');
  return `registered ${user.id}`;
}

async function createTasks(alice: AliceClient): Promise<string> {
  const tasks = await Promise.all(
    titles.map((title) => alice.tasks.create.mutate({ title, priority: TaskPriority.high })),
  );
  for (const [index, task] of tasks.entries()) {
    check(
      task.title === titles[index] && task.status === TaskStatus.todo && task.version === 1,
      `task ${index} as created`,
    );
    checkInstants(task, 'task');
  }
  const { title } = await alice.tasks.create.mutate({ title: instantAsTitle, due: { date: '2030-02-28' } });
  check(title === instantAsTitle, 'a title that looks like an instant stays a string');
  return `created ${tasks.length + 1} tasks`;
}

async function pageThrough(alice: AliceClient): Promise<string> {
  const listed = await collect(paginate(alice.tasks.list, { limit: 7 }));
  const expected = [...titles, instantAsTitle].sort();
  check(
    JSON.stringify(listed.map(({ title }) => title).sort()) === JSON.stringify(expected),
    'each task once, none missed',
  );
  const sizes = (await collect(paginate(alice.tasks.list, { limit: 7 }).pages())).map(({ length }) => length);
  check(sizes.join() === '7,7,7,7,3', `pages of 7: ${sizes.join()}`);
  return `paged through ${listed.length} tasks in ${sizes.length} pages`;
}

async function change(alice: AliceClient): Promise<string> {
  const [first] = (await alice.tasks.list.query({ limit: 1 })).items;
  if (first === undefined) throw new Error('Mismatch: there are tasks');
  const due = { date: '2030-03-31', time: '02:30', timeZone: 'Europe/Berlin' };
  const updated = await alice.tasks.update.mutate({
    id: first.id,
    expectedVersion: first.version,
    notes: '✅ *done* soon',
    due,
  });
  check(
    updated.version === first.version + 1 && updated.notes === '✅ *done* soon' && updated.due?.time === '02:30',
    'updated',
  );
  const stale = await alice.tasks.update
    .mutate({ id: first.id, expectedVersion: first.version, notes: 'too late' })
    .catch((error: unknown) => error);
  check(
    isAliceError(stale) && stale.code === 'STALE_VERSION' && stale.requestId !== undefined,
    'a stale write is refused',
  );
  const invalid = await alice.tasks.create.mutate({ title: '' }).catch((error: unknown) => error);
  check(
    isAliceError(invalid) && invalid.code === 'VALIDATION_FAILED' && invalid.errors[0]?.path === 'title',
    'a fault names its field',
  );
  return `updated ${updated.id} to version ${updated.version}`;
}

async function completeAndRestore(alice: AliceClient): Promise<string> {
  const [first] = (await alice.tasks.list.query({ limit: 1, status: [TaskStatus.todo] })).items;
  if (first === undefined) throw new Error('Mismatch: there are open tasks');
  const { id } = first;
  const completed = await alice.tasks.complete.mutate({ id });
  check(completed.status === TaskStatus.done && completed.completedAt instanceof Date, 'completed');
  const deleted = await alice.tasks.delete.mutate({ id });
  check(deleted.deletedAt instanceof Date, 'deleted');
  const gone = await collect(paginate(alice.tasks.list, { deleted: true }));
  check(gone.length === 1 && gone[0]?.id === id, 'it is among the deleted');
  const restored = await alice.tasks.restore.mutate({ id });
  check(restored.deletedAt === null && restored.status === TaskStatus.done, 'restored as it was');
  return `completed, deleted and restored ${id}`;
}

async function reachGoal(alice: AliceClient): Promise<string> {
  const { id: goalId, ...goal } = await alice.goals.create.mutate({
    title: '目標',
    progressSource: 'tasks',
    dueDate: '2030-12-31',
  });
  checkInstants(goal, 'goal');
  check(goal.progress.fraction === null && goal.dueDate === '2030-12-31', 'a goal without tasks has no fraction');
  const steps = await Promise.all(
    [1, 2, 3, 4].map((step) => alice.tasks.create.mutate({ title: `Step ${step}`, goalId })),
  );
  const fractions = [];
  for (const { id } of steps) {
    fractions.push((await alice.goals.get.query({ id: goalId })).progress.fraction);
    await alice.tasks.complete.mutate({ id });
  }
  const reached = await alice.goals.get.query({ id: goalId });
  check(
    fractions.join() === '0,0.25,0.5,0.75' && reached.progress.fraction === 1,
    `the goal moves: ${fractions.join()}`,
  );
  check(reached.metric.current === 100, 'its metric follows');
  return `reached goal ${goalId}: ${fractions.join(', ')}, 1`;
}

async function outliveToken(alice: AliceClient, url: string, tokens: TokenStore): Promise<string> {
  const before = await tokens.get();
  const claims = JSON.parse(atob((before?.accessToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));
  const seconds = Number(claims.exp) - Number(claims.iat);
  check(seconds <= 120, `the server gives short-lived access tokens (${seconds} s)`);
  // The server allows for clocks that are 5 s apart.
  await new Promise((resolve) => setTimeout(resolve, (seconds + 6) * 1000));
  // A client that has never seen the token learns from the server that it has expired; the other one foresees it.
  const fresh = createAliceClient({ url, tokens });
  await Promise.all(Array.from({ length: 12 }, () => fresh.users.me.query()));
  const after = await tokens.get();
  check(after !== null && after.accessToken !== before?.accessToken, 'the session was renewed');
  await alice.users.me.query();
  check((await tokens.get())?.refreshToken === after?.refreshToken, 'once for both clients');
  return `lived on after the access token had expired (${seconds} s)`;
}

async function overview(alice: AliceClient): Promise<string> {
  const { throughput, open } = await alice.insights.overview.query({ weeks: 4 });
  check(open.measuredAt instanceof Date, 'an instant inside an object is a Date');
  check(throughput.n === 5 && open.n === 30, `5 done and 30 open (${throughput.n}, ${open.n})`);
  check(
    throughput.weeks.length === 4 && /^\d{4}-\d\d-\d\d$/.test(throughput.window.from),
    'calendar dates stay strings',
  );
  return `overview: ${throughput.n} done, ${open.n} open`;
}

async function createOnce(alice: AliceClient): Promise<string> {
  const once = { context: { idempotencyKey: `once-${crypto.randomUUID()}` } };
  const input = { title: 'Only once 🎯' };
  const first = await alice.tasks.create.mutate(input, once);
  const [again, atOnce] = await Promise.all([1, 2].map(() => alice.tasks.create.mutate(input, once)));
  check(again?.id === first.id && atOnce?.id === first.id, 'one key makes one task');
  check(again?.createdAt.getTime() === first.createdAt.getTime(), 'the reply is given again as it was');
  const reused = await alice.tasks.create.mutate({ title: 'Another' }, once).catch((error: unknown) => error);
  check(isAliceError(reused) && reused.code === 'IDEMPOTENCY_KEY_REUSED', 'a key is for one input');
  const { items } = await alice.tasks.list.query({ text: input.title });
  check(items.length === 1, `there is one such task (${items.length})`);
  return `created ${first.id} once in three calls`;
}

/** Listens to tasks from now on. */
async function listen(alice: AliceClient) {
  const changes: Change[] = [];
  const off = alice.live.on('task', (change) => changes.push(change));
  await within10s<void>('the stream is live', (done) => {
    const ignore = alice.live.on('status', ({ state }) => {
      if (state === 'live') done();
    });
    return ignore;
  });
  const heard = (holds: (change: Change) => boolean) =>
    within10s<Change>('the change is heard', (done) => {
      const look = () => {
        const change = changes.find(holds);
        if (change !== undefined) done(change);
      };
      look();
      return alice.live.on('task', look);
    });
  return { heard, off };
}

/** What `begin` is done with; it gives what to call in the end. */
async function within10s<Value>(what: string, begin: (done: (value: Value) => void) => () => void): Promise<Value> {
  let end = () => {};
  try {
    return await new Promise<Value>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Mismatch: ${what} within 10 s`)), 10_000);
      const leave = begin(resolve);
      end = () => {
        clearTimeout(timer);
        leave();
      };
    });
  } finally {
    end();
  }
}

async function hearLive(alice: AliceClient, other: AliceClient): Promise<string> {
  const { heard, off } = await listen(alice);
  const { id } = await other.tasks.create.mutate({ title: 'ライブ' });
  const { number, row, changedAt } = await heard((change) => change.id === id);
  check(
    row !== null && 'title' in row && row.title === 'ライブ' && row.createdAt instanceof Date,
    'the row comes along',
  );
  check(changedAt instanceof Date, 'and when it was changed');
  off();
  return `heard change ${number}, which another client made`;
}

async function keepCopy(alice: AliceClient, other: AliceClient): Promise<string> {
  const copy = alice.sync.keep();
  await copy.ready;
  check(copy.user !== undefined && copy.goals.size === 1, 'the copy has the person and the goal');
  const before = copy.number;
  const made = await Promise.all([1, 2, 3].map((step) => other.tasks.create.mutate({ title: `Copied ${step}` })));
  const [first, second] = made;
  if (first === undefined || second === undefined) throw new Error('Mismatch: the tasks were made');
  await other.tasks.update.mutate({ id: first.id, title: 'Copied anew' });
  await other.tasks.delete.mutate({ id: second.id });
  await within10s<void>('the copy follows', (done) => {
    const look = () => {
      if (copy.number >= before + 5) done();
    };
    look();
    return copy.onChange(look);
  });
  const listed = await collect(paginate(alice.tasks.list, { limit: 100 }));
  const versions = (tasks: Iterable<Task>) => JSON.stringify(Array.from(tasks).sort((a, b) => (a.id < b.id ? -1 : 1)));
  check(
    versions(copy.tasks.values()) === versions(listed.map(({ blocked: _, ...task }) => task)),
    'the copy is what the server lists',
  );
  copy.stop();
  return `kept a copy of ${copy.tasks.size} tasks up to change ${copy.number}`;
}

async function undo(alice: AliceClient): Promise<string> {
  const { heard, off } = await listen(alice);
  const { id } = await alice.tasks.create.mutate({ title: 'Keep me' });
  await alice.tasks.delete.mutate({ id });
  const { number } = await heard((change) => change.id === id && change.deleted);
  const undone = await alice.sync.undo.mutate({ number });
  check(undone.id === id && !undone.deleted && undone.row?.version === 3, 'the deletion was taken back');
  check((await alice.tasks.get.query({ id })).deletedAt === null, 'the task is there again');
  off();
  return `took change ${number} back by change ${undone.number}`;
}

async function signOut(alice: AliceClient, tokens: TokenStore): Promise<string> {
  await alice.auth.logout.mutate();
  check((await tokens.get()) === null, 'no tokens are left');
  const refused = await alice.tasks.list.query({}).catch((error: unknown) => error);
  check(isAliceError(refused) && refused.code === 'UNAUTHENTICATED' && refused.status === 401, 'calls are refused');
  return 'signed out';
}

async function main(url: string): Promise<void> {
  const tokens = memoryTokenStore();
  const alice = createAliceClient({ url, tokens });
  const other = createAliceClient({ url, tokens });
  const steps = [
    () => register(alice),
    () => createTasks(alice),
    () => pageThrough(alice),
    () => change(alice),
    () => completeAndRestore(alice),
    () => outliveToken(alice, url, tokens),
    () => reachGoal(alice),
    () => overview(alice),
    () => createOnce(alice),
    () => hearLive(alice, other),
    () => keepCopy(alice, other),
    () => undo(alice),
    () => signOut(alice, tokens),
  ];
  for (const step of steps) console.log(await step());
}

try {
  const url = process.argv[2];
  if (url === undefined) throw new Error('Usage: node consumer.ts <url of the server>');
  await main(url);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
