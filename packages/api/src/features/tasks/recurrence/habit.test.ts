import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Deps } from '../../../deps.ts';
import { callAs, signUp, testClock, testDeps, testPassword } from '../../../testing/index.ts';

const clock = testClock();
let deps: Deps;

beforeAll(async () => {
  deps = await testDeps(await testDatabase(), { clock });
});
afterAll(() => deps.db.close());

async function habitOf(
  rule: string,
  due: string,
  acts: readonly (readonly [day: string, verb: 'complete' | 'skip'])[],
  today: string,
) {
  clock.set(`${due}T06:00:00.000Z`);
  const { email, api } = await signUp(deps);
  const { id } = await api.tasks.create({ title: 'Run', due: { date: due }, recurrence: { rule } });
  const on = async (date: string) => {
    clock.set(`${date}T12:00:00.000Z`);
    const { tokens } = await callAs(deps, null).auth.login({ email, password: testPassword });
    return callAs(deps, tokens.accessToken);
  };
  for (const [date, verb] of acts) await (await on(date)).tasks[verb]({ id });
  return { id, api: await on(today) };
}

it('a streak goes on over rest days and skipped days, and ends with a missed one', async () => {
  const { id, api } = await habitOf(
    'FREQ=WEEKLY;BYDAY=MO,WE,FR',
    '2027-01-04',
    [
      ['2027-01-04', 'complete'],
      ['2027-01-06', 'complete'],
      ['2027-01-08', 'skip'],
      ['2027-01-11', 'complete'],
      // Wednesday the 13th passes: it is completed on Thursday, which counts for its day.
      ['2027-01-14', 'complete'],
      ['2027-01-15', 'complete'],
      // Monday the 18th is completed on Thursday: Wednesday was missed.
      ['2027-01-21', 'complete'],
      ['2027-01-22', 'complete'],
    ],
    '2027-01-23',
  );
  const habit = await api.tasks.habit({ id, from: '2027-01-04', to: '2027-01-31' });
  expect(habit).toMatchObject({
    streak: { current: 1, longest: 6 },
    done: 7,
    skipped: 1,
    missed: 1,
    rate: 7 / 8,
  });
  expect(habit.weeks.map(({ start, done, skipped, missed, rate }) => [start, done, skipped, missed, rate])).toEqual([
    ['2027-01-04', 2, 1, 0, 1],
    ['2027-01-11', 3, 0, 0, 1],
    ['2027-01-18', 2, 0, 1, 2 / 3],
    ['2027-01-25', 0, 0, 0, null],
  ]);
  expect(Object.fromEntries(habit.days.map(({ date, state, done }) => [date, [state, done]]))).toEqual({
    '2027-01-04': ['done', 1],
    '2027-01-06': ['done', 1],
    '2027-01-08': ['skipped', 0],
    '2027-01-11': ['done', 1],
    '2027-01-13': ['done', 0],
    '2027-01-14': [null, 1],
    '2027-01-15': ['done', 1],
    '2027-01-18': ['done', 0],
    '2027-01-20': ['missed', 0],
    '2027-01-21': [null, 1],
    '2027-01-22': ['done', 1],
    '2027-01-25': ['pending', 0],
    '2027-01-27': ['pending', 0],
    '2027-01-29': ['pending', 0],
  });
});

it('a date that has passed and is still open ends the streak, until it is completed', async () => {
  const { id, api } = await habitOf('FREQ=WEEKLY', '2027-01-04', [['2027-01-04', 'complete']], '2027-01-12');
  const window = { id, from: '2027-01-01', to: '2027-01-31' };
  expect((await api.tasks.habit(window)).streak).toEqual({ current: 0, longest: 1 });
  await api.tasks.complete({ id });
  expect((await api.tasks.habit(window)).streak).toEqual({ current: 2, longest: 2 });
});

it('weeks start on the day of the user; a window is at most 366 days long', async () => {
  const { id, api } = await habitOf('FREQ=DAILY', '2027-01-04', [], '2027-01-04');
  await api.users.update({ weekStart: 'sunday' });
  const { weeks, rate } = await api.tasks.habit({ id, from: '2027-01-04', to: '2027-01-12' });
  expect(weeks.map(({ start }) => start)).toEqual(['2027-01-03', '2027-01-10']);
  expect(rate).toBeNull();
  await expect(api.tasks.habit({ id, from: '2027-01-04', to: '2028-01-05' })).rejects.toMatchObject({
    cause: { issues: [{ path: ['to'] }] },
  });
  expect((await api.tasks.habit({ id, from: '2027-01-04', to: '2028-01-04' })).days).toHaveLength(366);
});
