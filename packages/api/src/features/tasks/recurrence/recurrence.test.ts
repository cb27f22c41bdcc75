import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Deps } from '../../../deps.ts';
import { callAs, signUp, testClock, testDeps, testPassword } from '../../../testing/index.ts';

const clock = testClock();
let deps: Deps;

beforeAll(async () => {
  deps = await testDeps(await testDatabase(), { clock });
});
beforeEach(() => clock.set('2027-01-01T12:00:00.000Z'));
afterAll(() => deps.db.close());

type Api = ReturnType<typeof callAs>;
type NewTask = Parameters<Api['tasks']['create']>[0];

/** A user, who signs in again for each day: access tokens are short. */
async function person(timeZone = 'UTC') {
  const { email, user } = await signUp(deps, { timeZone });
  const at = async (now: string): Promise<Api> => {
    clock.set(now);
    const { tokens } = await callAs(deps, null).auth.login({ email, password: testPassword });
    return callAs(deps, tokens.accessToken);
  };
  return { at, user };
}

const recurring = (rule: string, due: NewTask['due'], more: Partial<NewTask> = {}): NewTask => ({
  title: 'Repeat',
  due,
  recurrence: { rule },
  ...more,
});
const failure = (code: string) => ({ cause: { code } });
const outcomes = async (api: Api, id: string) =>
  (await api.tasks.occurrences({ id })).items.map(({ outcome, planned, missedDates }) => [
    outcome,
    planned.time === undefined ? planned.date : `${planned.date}T${planned.time}`,
    missedDates,
  ]);

describe('a recurring task', () => {
  it('moves on when it is completed, with its deadline and its first day, and keeps the occurrence', async () => {
    const { at } = await person();
    const api = await at('2027-01-01T12:00:00.000Z');
    const { id, ...made } = await api.tasks.create(
      recurring(
        'FREQ=WEEKLY',
        { date: '2027-01-04', time: '09:00' },
        { deadline: '2027-01-06', deferUntil: '2027-01-03' },
      ),
    );
    expect(made).toMatchObject({
      recurrence: {
        rule: 'FREQ=WEEKLY',
        anchor: 'scheduled',
        monthEnd: 'clamp',
        start: { date: '2027-01-04', time: '09:00' },
        except: [],
      },
      planned: { date: '2027-01-04', time: '09:00' },
    });
    await api.tasks.update({ id, status: 'in_progress' });
    const later = await at('2027-01-04T10:00:00.000Z');
    const moved = await later.tasks.complete({ id });
    expect(moved).toMatchObject({
      status: 'todo',
      startedAt: null,
      completedAt: null,
      due: { date: '2027-01-11', time: '09:00' },
      planned: { date: '2027-01-11', time: '09:00' },
      deadline: '2027-01-13',
      deferUntil: '2027-01-10',
    });
    const { items } = await later.tasks.occurrences({ id });
    expect(items).toEqual([
      expect.objectContaining({
        taskId: id,
        outcome: 'done',
        planned: { date: '2027-01-04', time: '09:00' },
        timeZone: 'UTC',
        completedAt: '2027-01-04T10:00:00.000Z',
        doneOn: '2027-01-04',
        missedDates: [],
      }),
    ]);
    expect(await later.tasks.get({ id })).toMatchObject(moved);
  });

  it('moves on as a subtask that is completed with its parent, too', async () => {
    const { at } = await person();
    const api = await at('2027-01-04T12:00:00.000Z');
    const parent = await api.tasks.create({ title: 'parent' });
    const once = await api.tasks.create({ title: 'once', parentId: parent.id });
    const weekly = await api.tasks.create(recurring('FREQ=WEEKLY', { date: '2027-01-04' }, { parentId: parent.id }));
    await api.tasks.complete({ id: parent.id, subtasks: 'complete' });
    expect((await api.tasks.get({ id: once.id })).status).toBe('done');
    expect(await api.tasks.get({ id: weekly.id })).toMatchObject({ status: 'todo', due: { date: '2027-01-11' } });
    expect(await outcomes(api, weekly.id)).toEqual([['done', '2027-01-04', []]]);
  });

  it('is completed by the status of an update, too, with its other fields', async () => {
    const { at } = await person();
    const api = await at('2027-01-04T10:00:00.000Z');
    const { id } = await api.tasks.create(recurring('FREQ=DAILY', { date: '2027-01-04' }));
    const moved = await api.tasks.update({ id, status: 'done', title: 'Renamed' });
    expect(moved).toMatchObject({ title: 'Renamed', status: 'todo', due: { date: '2027-01-05' } });
    expect(await outcomes(api, id)).toEqual([['done', '2027-01-04', []]]);
    expect(await api.tasks.update({ id, status: 'done', recurrence: null })).toMatchObject({
      status: 'done',
      recurrence: null,
      planned: null,
    });
    expect(await outcomes(api, id)).toHaveLength(1);
  });

  it('collapses missed dates into one, and says which they were', async () => {
    const { at } = await person();
    const first = await at('2027-01-01T12:00:00.000Z');
    const { id } = await first.tasks.create(recurring('FREQ=DAILY', { date: '2027-01-04', time: '09:00' }));
    const api = await at('2027-01-08T08:00:00.000Z');
    expect(await api.tasks.complete({ id })).toMatchObject({ due: { date: '2027-01-08', time: '09:00' } });
    expect(await outcomes(api, id)).toEqual([['done', '2027-01-04T09:00', ['2027-01-05', '2027-01-06', '2027-01-07']]]);
  });

  it('keeps its schedule when one date is moved', async () => {
    const { at } = await person();
    const api = await at('2027-01-01T12:00:00.000Z');
    const { id } = await api.tasks.create(recurring('FREQ=WEEKLY;BYDAY=MO', { date: '2027-01-04' }));
    const moved = await api.tasks.update({ id, due: { date: '2027-01-06' } });
    expect(moved).toMatchObject({ due: { date: '2027-01-06' }, planned: { date: '2027-01-04' } });
    expect(await api.tasks.complete({ id })).toMatchObject({ due: { date: '2027-01-11' } });
  });

  it('changes all following dates with its recurrence, and not the past', async () => {
    const { at } = await person();
    const api = await at('2027-01-04T12:00:00.000Z');
    const { id } = await api.tasks.create(recurring('FREQ=WEEKLY;BYDAY=MO', { date: '2027-01-04' }));
    await api.tasks.complete({ id });
    const changed = await api.tasks.update({ id, recurrence: { rule: 'FREQ=WEEKLY;BYDAY=TH' } });
    expect(changed.recurrence).toMatchObject({ rule: 'FREQ=WEEKLY;BYDAY=TH', start: { date: '2027-01-11' } });
    expect(await api.tasks.complete({ id })).toMatchObject({ due: { date: '2027-01-14' } });
    expect(await outcomes(api, id)).toEqual([
      ['done', '2027-01-11', []],
      ['done', '2027-01-04', []],
    ]);
  });

  it('counts from its completion if it is anchored there', async () => {
    const { at } = await person();
    const first = await at('2027-01-01T12:00:00.000Z');
    const { id } = await first.tasks.create({
      title: 'Water',
      due: { date: '2027-01-04' },
      recurrence: { rule: 'FREQ=DAILY;INTERVAL=3;COUNT=3', anchor: 'completion' },
    });
    const api = await at('2027-01-09T12:00:00.000Z');
    expect(await api.tasks.complete({ id })).toMatchObject({ due: { date: '2027-01-12' } });
    expect(await api.tasks.skip({ id })).toMatchObject({ due: { date: '2027-01-15' } });
    expect(await api.tasks.complete({ id })).toMatchObject({ status: 'done', due: { date: '2027-01-15' } });
    expect(await outcomes(api, id)).toEqual([
      ['done', '2027-01-15', []],
      ['skipped', '2027-01-12', []],
      ['done', '2027-01-04', []],
    ]);
  });

  it.each([
    ['FREQ=DAILY;COUNT=2', ['2027-01-05', null]],
    ['FREQ=DAILY;UNTIL=20270106', ['2027-01-05', '2027-01-06', null]],
  ])('is done after the last date of %s', async (rule, dates) => {
    const { at } = await person();
    const api = await at('2027-01-04T12:00:00.000Z');
    const { id } = await api.tasks.create(recurring(rule, { date: '2027-01-04' }));
    for (const date of dates) {
      const task = await api.tasks.complete({ id });
      if (date === null) expect(task.status).toBe('done');
      else expect(task).toMatchObject({ status: 'todo', due: { date } });
    }
    const done = await api.tasks.get({ id });
    expect(done).toMatchObject(await api.tasks.complete({ id }));
    await expect(api.tasks.skip({ id })).rejects.toMatchObject(failure('CONFLICT'));
  });

  it('leaves out the exceptions', async () => {
    const { at } = await person();
    const api = await at('2027-01-04T12:00:00.000Z');
    const { id } = await api.tasks.create({
      title: 'a',
      due: { date: '2027-01-04' },
      recurrence: { rule: 'FREQ=DAILY', except: ['2027-01-05', '2027-01-06'] },
    });
    expect(await api.tasks.complete({ id })).toMatchObject({ due: { date: '2027-01-07' } });
  });

  it('skips a date without completing it', async () => {
    const { at } = await person();
    const api = await at('2027-01-04T12:00:00.000Z');
    const { id, version } = await api.tasks.create(recurring('FREQ=DAILY', { date: '2027-01-04' }));
    await expect(api.tasks.skip({ id, expectedVersion: version + 1 })).rejects.toMatchObject(failure('STALE_VERSION'));
    await expect(api.tasks.complete({ id, expectedVersion: 9 })).rejects.toMatchObject(failure('STALE_VERSION'));
    expect(await outcomes(api, id)).toEqual([]);
    expect(await api.tasks.skip({ id, expectedVersion: version })).toMatchObject({ due: { date: '2027-01-05' } });
    expect((await api.tasks.occurrences({ id })).items[0]).toMatchObject({ outcome: 'skipped', completedAt: null });
    const { id: plain } = await api.tasks.create({ title: 'plain' });
    await expect(api.tasks.skip({ id: plain })).rejects.toMatchObject(failure('CONFLICT'));
  });

  it.each(['complete', 'skip'] as const)('takes back %s as one group', async (verb) => {
    const { at, user } = await person();
    const api = await at('2027-01-04T12:00:00.000Z');
    const { id } = await api.tasks.create(recurring('FREQ=DAILY', { date: '2027-01-04' }, { deadline: '2027-01-05' }));
    const before = await api.tasks.get({ id });
    await api.tasks[verb]({ id });
    const number = await deps.changes.latest(user.id);
    await api.sync.undo({ number, wholeGroup: true });
    const { version, updatedAt, ...undone } = await api.tasks.get({ id });
    expect({ ...before, ...undone }).toEqual({ ...before });
    expect(version).toBe(before.version + 2);
    expect(updatedAt).toBeDefined();
    expect(await outcomes(api, id)).toEqual([]);
    await api.sync.undo({ number: await deps.changes.latest(user.id), wholeGroup: true });
    expect(await outcomes(api, id)).toHaveLength(1);
    expect(await api.tasks.get({ id })).toMatchObject({ due: { date: '2027-01-05' } });
  });

  it('needs a due date, and keeps it', async () => {
    const { at } = await person();
    const api = await at('2027-01-04T12:00:00.000Z');
    const noDue = { cause: { code: 'VALIDATION_FAILED', errors: [{ path: 'due' }] } };
    await expect(api.tasks.create({ title: 'a', recurrence: { rule: 'FREQ=DAILY' } })).rejects.toMatchObject(noDue);
    const { id: plain } = await api.tasks.create({ title: 'a' });
    await expect(api.tasks.update({ id: plain, recurrence: { rule: 'FREQ=DAILY' } })).rejects.toMatchObject(noDue);
    const { id } = await api.tasks.create(recurring('FREQ=DAILY', { date: '2027-01-04' }));
    await expect(api.tasks.update({ id, due: null })).rejects.toMatchObject(noDue);
    expect(await api.tasks.update({ id, due: null, recurrence: null })).toMatchObject({ due: null, recurrence: null });
  });

  it.each([
    [
      'a start with a time for a due date without',
      { rule: 'FREQ=DAILY', start: { date: '2027-01-01', time: '09:00' } },
      'recurrence.start',
    ],
    ['an hour without a time', { rule: 'FREQ=DAILY;BYHOUR=9' }, 'recurrence.rule'],
    [
      'a rule without a date',
      { rule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', monthEnd: 'skip' as const },
      'recurrence.rule',
    ],
  ])('refuses %s', async (_, recurrence, path) => {
    const { at } = await person();
    const api = await at('2027-01-04T12:00:00.000Z');
    await expect(api.tasks.create({ title: 'a', due: { date: '2027-01-04' }, recurrence })).rejects.toMatchObject({
      cause: { code: 'VALIDATION_FAILED', errors: [{ path }] },
    });
  });

  it('uses the time zone of the user: a day that has begun elsewhere has not begun here', async () => {
    const { at } = await person('Pacific/Honolulu');
    const api = await at('2027-01-05T05:00:00.000Z');
    const { id } = await api.tasks.create(recurring('FREQ=DAILY', { date: '2027-01-03' }));
    expect(await api.tasks.complete({ id })).toMatchObject({ due: { date: '2027-01-05' } });
    expect(await outcomes(api, id)).toEqual([['done', '2027-01-03', ['2027-01-04']]]);
    expect((await api.tasks.occurrences({ id })).items[0]).toMatchObject({ doneOn: '2027-01-04' });
  });
});
