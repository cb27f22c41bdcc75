import { callAs, testPassword } from '@alice/api/testing';
import type { House } from './house.ts';
import { prepare } from './prepare.ts';

/** A row to act on, and what it is called in what is compared. */
interface Row {
  readonly id: string;
  readonly name: string;
}

/** A person with rows in every state. Worlds of one name in different houses differ in their ids alone. */
export interface World {
  readonly name: string;
  readonly person: {
    readonly id: string;
    readonly email: string;
    readonly password: string;
    readonly accessToken: string;
    readonly refreshToken: string;
  };
  /** By entity. The first is live and at version 2. */
  readonly rows: Readonly<Record<string, readonly Row[]>>;
  /** By entity: a row that this person may not know of. */
  readonly foreign: Readonly<Record<string, string>>;
  /** By field: values that were made for the procedure in question. */
  readonly values: Readonly<Record<string, readonly unknown[]>>;
  /** The number of the person's latest change. */
  readonly number: number;
  /** What each id is called. */
  readonly names: ReadonlyMap<string, string>;
}

/** Makes the person, their lists, goals and tasks, somebody else with the same, and a person who is locked out. */
export async function buildWorld(
  house: House,
  name: string,
  role: 'user' | 'admin' = 'user',
  path = '',
): Promise<World> {
  const { deps, clock } = house;
  const stranger = await settle(house, `${name}-stranger`);
  // They only have to be there.
  const disabled = { person: (await join(house, `${name}-disabled`)).user };
  await deps.db.prisma.user.update({ where: { id: disabled.person.id }, data: { disabledAt: clock.now() } });
  const { person, rows } = await settle(house, `${name}-me`);
  if (role === 'admin') await deps.db.prisma.user.update({ where: { id: person.id }, data: { role } });
  const theirs = await prepare(house, stranger.person, path);
  const { rows: more, values } = await prepare(house, person, path);

  const others = Object.entries(theirs.rows).map(([entity, found]) => [entity, firstOf(found)] as const);
  const foreign = {
    task: firstOf(stranger.rows.task),
    list: firstOf(stranger.rows.list),
    goal: firstOf(stranger.rows.goal),
    label: firstOf(stranger.rows.label),
    // To an administrator nobody is foreign.
    ...(role === 'admin' ? {} : { user: disabled.person.id }),
    ...Object.fromEntries(others),
  };
  const me = { id: person.id, name: 'me' };
  const users = [{ id: stranger.person.id, name: 'stranger' }];
  const known = role === 'admin' ? [...users, { id: disabled.person.id, name: 'disabled' }, me] : [me, ...users];
  const all = [
    ...Object.values({ ...rows, ...more }).flat(),
    ...Object.values({ ...stranger.rows, ...theirs.rows }).flatMap((found) =>
      found.map((row) => ({ ...row, name: `stranger's ${row.name}` })),
    ),
    me,
    ...users,
    { id: disabled.person.id, name: 'disabled' },
  ];
  return {
    name,
    person,
    rows: { ...rows, ...more, user: known },
    values,
    foreign,
    number: await deps.changes.latest(person.id),
    names: new Map(all.map((row) => [row.id, row.name])),
  };
}

async function join({ deps, clock }: House, name: string) {
  // No two join at the same moment: what is compared is in the order in which they did.
  clock.advance({ seconds: 1 });
  const email = `${name}@example.com`;
  const profile = { name: 'Ada', timeZone: 'Europe/Berlin' };
  const { user, tokens } = await callAs(deps, null).auth.register({ email, password: testPassword, ...profile });
  return { email, user, tokens };
}

async function settle(house: House, name: string) {
  const { deps, clock } = house;
  const { email, user, tokens } = await join(house, name);
  const api = callAs(deps, tokens.accessToken);
  const later = <T>(act: () => Promise<T>) => {
    clock.advance({ seconds: 1 });
    return act();
  };
  const goal = await later(() =>
    api.goals.create({ title: 'Ship it', progressSource: 'tasks', metric: { target: 10 } }),
  );
  const oldGoal = await later(() => api.goals.create({ title: 'Old goal', dueDate: '2026-01-01' }));
  const list = await later(() => api.lists.create({ name: 'Work', color: '#3b82f6' }));
  const archivedList = await later(() => api.lists.create({ name: 'Last year' }));
  const deletedList = await later(() => api.lists.create({ name: 'Someday' }));
  const label = await later(() => api.labels.create({ name: 'errand', color: '#3b82f6' }));
  const otherLabel = await later(() => api.labels.create({ name: 'Phone' }));
  const deletedLabel = await later(() => api.labels.create({ name: 'old' }));
  const labels = [label.id, deletedLabel.id];
  const todo = await later(() =>
    api.tasks.create({ title: 'Write', goalId: goal.id, listId: list.id, weight: 2, labels }),
  );
  const part = await later(() => api.tasks.create({ title: 'Outline', parentId: todo.id }));
  const waiting = await later(() => api.tasks.create({ title: 'Print', blockedBy: [todo.id], listId: list.id }));
  const due = { date: '2026-03-01', time: '09:30', timeZone: 'Asia/Tokyo' };
  const doing = await later(() => api.tasks.create({ title: 'Test', status: 'in_progress', priority: 'high', due }));
  const done = await later(() =>
    api.tasks.create({ title: 'Think', status: 'done', goalId: goal.id, due: { date: due.date } }),
  );
  const cancelled = await later(() => api.tasks.create({ title: 'Wait', status: 'cancelled', priority: 'low' }));
  const deleted = await later(() => api.tasks.create({ title: 'Forget', estimateMinutes: 5 }));
  const archivedTask = await later(() => api.tasks.create({ title: 'File', listId: archivedList.id }));
  const recurring = await later(() =>
    api.tasks.create({
      title: 'Water the plants',
      due: { date: '2026-03-04' },
      deferUntil: '2026-03-03',
      recurrence: { rule: 'FREQ=DAILY;INTERVAL=2' },
    }),
  );
  const deletedWithList = await later(() => api.tasks.create({ title: 'Dream', listId: deletedList.id }));
  // A group of two changes.
  await later(() => api.tasks.complete({ id: recurring.id }));
  const { items: occurrences } = await api.tasks.occurrences({ id: recurring.id });
  await later(() => api.tasks.delete({ id: deleted.id }));
  // A group of two changes.
  await later(() => api.labels.delete({ id: deletedLabel.id }));
  await later(() => api.labels.update({ id: label.id, name: 'errands' }));
  await later(() => api.goals.delete({ id: oldGoal.id }));
  await later(() => api.lists.archive({ id: archivedList.id }));
  // A group of two changes.
  await later(() => api.lists.delete({ id: deletedList.id }));
  await later(() => api.lists.update({ id: list.id, name: 'Office' }));
  await later(() => api.tasks.update({ id: todo.id, title: 'Write it down', priority: 'urgent' }));
  await later(() => api.goals.update({ id: goal.id, title: 'Ship it all' }));
  await later(() => api.users.update({ name: 'Ada Lovelace' }));
  const { accessToken } = tokens;
  const refreshToken = tokens.refreshToken ?? '';
  return {
    person: { id: user.id, email, password: testPassword, accessToken, refreshToken },
    rows: {
      task: [
        { id: todo.id, name: 'task to do' },
        { id: doing.id, name: 'task in progress' },
        { id: done.id, name: 'task done' },
        { id: cancelled.id, name: 'task cancelled' },
        { id: deleted.id, name: 'task deleted' },
        { id: archivedTask.id, name: 'task of the archived list' },
        { id: deletedWithList.id, name: 'task deleted with its list' },
        { id: part.id, name: 'subtask' },
        { id: waiting.id, name: 'task that waits' },
        { id: recurring.id, name: 'task that repeats' },
      ],
      occurrence: occurrences.map(({ id }) => ({ id, name: 'occurrence' })),
      list: [
        { id: list.id, name: 'list' },
        { id: archivedList.id, name: 'list archived' },
        { id: deletedList.id, name: 'list deleted' },
        { id: user.id, name: 'Inbox' },
      ],
      label: [
        { id: label.id, name: 'label' },
        { id: otherLabel.id, name: 'other label' },
        { id: deletedLabel.id, name: 'label deleted' },
      ],
      goal: [
        { id: goal.id, name: 'goal' },
        { id: oldGoal.id, name: 'goal deleted' },
      ],
    },
  };
}

function firstOf(rows: readonly Row[]): string {
  const [first] = rows;
  if (first === undefined) throw new Error('a world has rows of every kind');
  return first.id;
}
