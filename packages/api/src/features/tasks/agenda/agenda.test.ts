import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Deps } from '../../../deps.ts';
import { type callAs, signUp, testClock, testDeps } from '../../../testing/index.ts';

const clock = testClock();
let deps: Deps;

beforeAll(async () => {
  deps = await testDeps(await testDatabase(), { clock });
});
beforeEach(() => clock.set('2027-03-10T12:00:00.000Z'));
afterAll(() => deps.db.close());

type Api = ReturnType<typeof callAs>;

/** A user who signed up on the day in question: access tokens are short. */
async function userAt(now: string, timeZone: string): Promise<Api> {
  clock.set(now);
  return (await signUp(deps, { timeZone })).api;
}

const titles = (found: readonly { readonly title: string }[]) => found.map(({ title }) => title);
const daysOf = async (api: Api, input: Parameters<Api['tasks']['agenda']>[0] = {}) => {
  const { days } = await api.tasks.agenda(input);
  return Object.fromEntries(
    days.flatMap(({ date, due, available }) =>
      due.length + available.length === 0 ? [] : [[date, [titles(due), titles(available)]]],
    ),
  );
};

describe('the dates of a task', () => {
  it('has a deadline and a first day, which can be changed and taken away', async () => {
    const api = await userAt('2027-03-10T12:00:00.000Z', 'UTC');
    const task = await api.tasks.create({ title: 'a', deadline: '2027-04-01', deferUntil: '2027-03-20' });
    expect(task).toMatchObject({ due: null, deadline: '2027-04-01', deferUntil: '2027-03-20' });
    const { id } = task;
    expect(await api.tasks.update({ id, deadline: '2027-04-02' })).toMatchObject({ deadline: '2027-04-02' });
    const changed = await api.tasks.update({ id, deadline: null, deferUntil: null });
    expect(changed).toMatchObject({ deadline: null, deferUntil: null });
    expect(await api.tasks.get({ id })).toMatchObject(changed);
  });

  it('hides deferred tasks from a list until their day', async () => {
    const api = await userAt('2027-03-10T12:00:00.000Z', 'UTC');
    await api.tasks.create({ title: 'later', deferUntil: '2027-03-20' });
    await api.tasks.create({ title: 'now' });
    const on = async (availableOn?: string) => titles((await api.tasks.list({ availableOn })).items).sort();
    expect(await on()).toEqual(['later', 'now']);
    expect(await on('2027-03-19')).toEqual(['now']);
    expect(await on('2027-03-20')).toEqual(['later', 'now']);
  });

  it('has a week that starts on the day that the user says', async () => {
    const api = await userAt('2027-03-10T12:00:00.000Z', 'UTC');
    expect(await api.users.me()).toMatchObject({ weekStart: 'monday' });
    expect(await api.users.update({ weekStart: 'sunday' })).toMatchObject({ weekStart: 'sunday' });
    expect(await api.tasks.agenda()).toMatchObject({ weekStart: 'sunday' });
  });
});

describe('the agenda', () => {
  it('is empty for a user without tasks', async () => {
    const api = await userAt('2027-03-10T23:30:00.000Z', 'Asia/Tokyo');
    const agenda = await api.tasks.agenda({ days: 2 });
    expect(agenda).toMatchObject({ today: '2027-03-11', timeZone: 'Asia/Tokyo', carriedOver: [], hasMore: false });
    const empty = { due: [], available: [], plannedMinutes: 0 };
    expect(agenda.days).toEqual([
      { date: '2027-03-11', ...empty },
      { date: '2027-03-12', ...empty },
    ]);
  });

  it('lists what is due, what becomes available and what is carried over, with the planned minutes', async () => {
    const api = await userAt('2027-03-10T12:00:00.000Z', 'UTC');
    await api.tasks.create({ title: 'late', due: { date: '2027-03-08' }, estimateMinutes: 15 });
    await api.tasks.create({ title: 'earlier', due: { date: '2027-03-01' } });
    await api.tasks.create({ title: 'done', due: { date: '2027-03-08' }, status: 'done' });
    await api.tasks.create({ title: 'today', due: { date: '2027-03-10' }, estimateMinutes: 30 });
    await api.tasks.create({ title: 'noon', due: { date: '2027-03-10', time: '11:59' }, estimateMinutes: 45 });
    await api.tasks.create({ title: 'soon', due: { date: '2027-03-12' }, deferUntil: '2027-03-11' });
    await api.tasks.create({ title: 'far', due: { date: '2027-04-12' }, deferUntil: '2027-04-11' });
    const { id } = await api.tasks.create({ title: 'deleted', due: { date: '2027-03-10' } });
    await api.tasks.delete({ id });

    const agenda = await api.tasks.agenda({ days: 3 });
    expect(titles(agenda.carriedOver)).toEqual(['earlier', 'late']);
    expect(agenda.carriedOverMinutes).toBe(15);
    expect(
      agenda.days.map(({ due, available, plannedMinutes }) => [titles(due), titles(available), plannedMinutes]),
    ).toEqual([
      [['noon', 'today'], [], 75],
      [[], ['soon'], 0],
      [['soon'], [], 0],
    ]);
    const overdue = [...agenda.carriedOver, ...agenda.days.flatMap(({ due }) => due)].filter((task) => task.overdue);
    expect(titles(overdue)).toEqual(['earlier', 'late', 'noon']);
    expect(agenda.days[0]?.due[0]).not.toHaveProperty('notes');
    expect(titles((await api.tasks.agenda({ from: '2027-03-12', days: 1 })).carriedOver)).toEqual([
      'earlier',
      'late',
      'noon',
      'today',
    ]);
  });

  it.each([
    ['America/New_York', '2027-03-14'],
    ['Europe/Berlin', '2027-03-28'],
    ['Europe/Berlin', '2027-10-31'],
    ['Australia/Lord_Howe', '2027-04-04'],
  ])('is right on the day of a change of the clock in %s, %s', async (timeZone, date) => {
    const api = await userAt(`${date}T12:00:00.000Z`, timeZone);
    const { today } = await api.tasks.agenda();
    await api.tasks.create({ title: 'day', due: { date } });
    await api.tasks.create({ title: 'first minute', due: { date, time: '00:00' } });
    await api.tasks.create({ title: 'skipped or repeated', due: { date, time: '02:30' } });
    await api.tasks.create({ title: 'last minute', due: { date, time: '23:59' } });
    expect([date, addDay(date)]).toContain(today);
    expect(await daysOf(api, { from: date, days: 2 })).toEqual({
      [date]: [['first minute', 'skipped or repeated', 'last minute', 'day'], []],
    });
  });

  it.each([
    // 02:30 does not exist: it is 03:30 in summer time. On Lord Howe only 02:00 to 02:29 are left out.
    ['America/New_York', '2027-03-14', '2027-03-14T07:29:59.000Z', '2027-03-14T07:30:01.000Z'],
    ['Europe/Berlin', '2027-03-28', '2027-03-28T01:29:59.000Z', '2027-03-28T01:30:01.000Z'],
    ['Australia/Lord_Howe', '2027-10-03', '2027-10-02T15:29:59.000Z', '2027-10-02T15:30:01.000Z'],
    // 02:30 in Berlin occurs twice: the first counts.
    ['America/New_York', '2027-11-07', '2027-11-07T07:29:59.000Z', '2027-11-07T07:30:01.000Z'],
    ['Europe/Berlin', '2027-10-31', '2027-10-31T00:29:59.000Z', '2027-10-31T00:30:01.000Z'],
    ['Australia/Lord_Howe', '2027-04-04', '2027-04-03T15:59:59.000Z', '2027-04-03T16:00:01.000Z'],
  ])(
    'a task of 02:30 in %s on %s is overdue exactly when that time has passed',
    async (timeZone, date, before, after) => {
      for (const [now, overdue] of [
        [before, false],
        [after, true],
      ] as const) {
        const api = await userAt(now, timeZone);
        await api.tasks.create({ title: 'a', due: { date, time: '02:30' } });
        const { days } = await api.tasks.agenda({ from: date, days: 1 });
        expect([now, days[0]?.due[0]?.overdue]).toEqual([now, overdue]);
      }
    },
  );

  it('follows the user to another zone: days move with the user, a time with a zone of its own does not', async () => {
    const api = await userAt('2027-03-10T12:00:00.000Z', 'Europe/Berlin');
    await api.tasks.create({ title: 'a day', due: { date: '2027-03-11' } });
    await api.tasks.create({ title: 'wherever', due: { date: '2027-03-11', time: '09:00' } });
    await api.tasks.create({ title: 'a call', due: { date: '2027-03-11', time: '20:00', timeZone: 'Europe/Berlin' } });
    expect(await daysOf(api)).toEqual({ '2027-03-11': [['wherever', 'a call', 'a day'], []] });
    await api.users.update({ timeZone: 'Asia/Tokyo' });
    expect(await daysOf(api)).toEqual({ '2027-03-11': [['wherever', 'a day'], []], '2027-03-12': [['a call'], []] });
    await api.users.update({ timeZone: 'Pacific/Kiritimati' });
    const { today } = await api.tasks.agenda();
    expect(today).toBe('2027-03-11');
    clock.set('2027-03-10T12:05:00.000Z');
    await api.users.update({ timeZone: 'Pacific/Pago_Pago' });
    expect((await api.tasks.agenda()).today).toBe('2027-03-10');
  });

  it('shows at most 200 tasks, those of its days first, and says that there are more', async () => {
    const api = await userAt('2027-03-10T12:00:00.000Z', 'UTC');
    for (let count = 0; count < 150; count += 1) await api.tasks.create({ title: 't', due: { date: '2027-03-11' } });
    for (let count = 0; count < 50; count += 1) await api.tasks.create({ title: 't', due: { date: '2027-03-09' } });
    const full = await api.tasks.agenda();
    expect([full.carriedOver.length, full.days[1]?.due.length, full.hasMore]).toEqual([50, 150, false]);
    await api.tasks.create({ title: 'oldest', due: { date: '2027-01-09' } });
    const cut = await api.tasks.agenda();
    expect([cut.carriedOver.length, cut.days[1]?.due.length, cut.hasMore]).toEqual([50, 150, true]);
    expect(titles(cut.carriedOver)).not.toContain('oldest');
  });
});

function addDay(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
