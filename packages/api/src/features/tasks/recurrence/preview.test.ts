import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../../deps.ts';
import { type callAs, signUp, testClock, testDeps } from '../../../testing/index.ts';

const clock = testClock('2027-01-01T12:00:00.000Z');
let deps: Deps;
let api: ReturnType<typeof callAs>;

beforeAll(async () => {
  deps = await testDeps(await testDatabase(), { clock });
  ({ api } = await signUp(deps, { timeZone: 'Europe/Berlin' }));
});
afterAll(() => deps.db.close());

type Preview = Parameters<typeof api.tasks.previewRecurrence>[0];
const previewed = async (recurrence: Preview['recurrence'], due: Preview['due'], count: number) =>
  (await api.tasks.previewRecurrence({ recurrence, due, count })).dates;

describe('a preview', () => {
  it('says why a month has another day', async () => {
    const dates = await previewed({ rule: 'FREQ=MONTHLY' }, { date: '2027-01-31' }, 3);
    expect(dates.map(({ date, reason }) => [date, reason])).toEqual([
      ['2027-02-28', 'Last day of the month: February 2027 has no day 31'],
      ['2027-03-31', 'Next date of the rule'],
      ['2027-04-30', 'Last day of the month: April 2027 has no day 31'],
    ]);
  });

  it('says which months are left out, and which dates', async () => {
    const recurrence = { rule: 'FREQ=MONTHLY;BYMONTHDAY=31', monthEnd: 'skip' as const, except: ['2027-03-31'] };
    const dates = await previewed(recurrence, { date: '2027-01-31' }, 1);
    expect(dates).toEqual([
      {
        date: '2027-05-31',
        dueAt: null,
        reason: 'Next date of the rule',
        passedOver: [
          { date: '2027-02-28', reason: 'February 2027 has no day 31' },
          { date: '2027-03-31', reason: 'Excluded' },
          { date: '2027-04-30', reason: 'April 2027 has no day 31' },
        ],
      },
    ]);
  });

  /** The day, the instant, and what the reason says of the clock, for each day that a change of the clock touches. */
  it.each([
    ['America/New_York', '2027-03-14', '2027-03-14T07:30:00.000Z', 'Moved to 03:30: 02:30 does not exist on this day'],
    ['America/New_York', '2027-03-15', '2027-03-15T06:30:00.000Z', 'Next date of the rule'],
    ['America/New_York', '2027-11-07', '2027-11-07T07:30:00.000Z', 'Next date of the rule'],
    ['Europe/Berlin', '2027-03-28', '2027-03-28T01:30:00.000Z', 'Moved to 03:30: 02:30 does not exist on this day'],
    ['Europe/Berlin', '2027-03-29', '2027-03-29T00:30:00.000Z', 'Next date of the rule'],
    ['Europe/Berlin', '2027-10-31', '2027-10-31T00:30:00.000Z', '02:30 occurs twice on this day: the first time'],
    ['Europe/Berlin', '2027-11-01', '2027-11-01T01:30:00.000Z', 'Next date of the rule'],
    // Its clock changes by half an hour: 02:00 to 02:29 are left out, 01:30 to 01:59 occur twice.
    ['Australia/Lord_Howe', '2027-04-04', '2027-04-03T16:00:00.000Z', 'Next date of the rule'],
    ['Australia/Lord_Howe', '2027-10-03', '2027-10-02T15:30:00.000Z', 'Next date of the rule'],
    ['Australia/Lord_Howe', '2027-10-04', '2027-10-03T15:30:00.000Z', 'Next date of the rule'],
  ])('of a daily 02:30 in %s on %s', async (timeZone, date, dueAt, reason) => {
    const before = new Date(Date.parse(`${date}T00:00:00Z`) - 2 * 86_400_000).toISOString().slice(0, 10);
    const dates = await previewed({ rule: 'FREQ=DAILY' }, { date: before, time: '02:30', timeZone }, 4);
    expect(dates[1]).toEqual({ date, time: '02:30', dueAt, reason, passedOver: [] });
    // The time is not lost after the change.
    expect(dates.map(({ time }) => time)).toEqual(['02:30', '02:30', '02:30', '02:30']);
  });

  it('of a time in the half hour that Lord Howe leaves out, and in the one that it repeats', async () => {
    const of = async (date: string, time: string) =>
      (await previewed({ rule: 'FREQ=DAILY' }, { date, time, timeZone: 'Australia/Lord_Howe' }, 1))[0]?.reason;
    expect(await of('2027-10-02', '02:15')).toBe('Moved to 02:45: 02:15 does not exist on this day');
    expect(await of('2027-04-03', '01:45')).toBe('01:45 occurs twice on this day: the first time');
  });

  it('counts from completions on their days', async () => {
    const recurrence = { rule: 'FREQ=WEEKLY;COUNT=3', anchor: 'completion' as const };
    const dates = await previewed(recurrence, { date: '2027-01-05' }, 5);
    expect(dates.map(({ date, reason }) => [date, reason])).toEqual([
      ['2027-01-12', 'Counted from a completion on 2027-01-05'],
      ['2027-01-19', 'Counted from a completion on 2027-01-12'],
    ]);
  });

  it('of a task that is late names the dates that were missed', async () => {
    const { id } = await api.tasks.create({
      title: 'a',
      due: { date: '2026-12-30' },
      recurrence: { rule: 'FREQ=DAILY', except: ['2026-12-31'] },
    });
    const { dates } = await api.tasks.nextDates({ id, count: 2 });
    expect(dates.map(({ date, passedOver }) => [date, passedOver])).toEqual([
      [
        '2027-01-02',
        [
          { date: '2026-12-31', reason: 'Excluded' },
          { date: '2027-01-01', reason: 'Missed' },
        ],
      ],
      ['2027-01-03', []],
    ]);
    const { id: plain } = await api.tasks.create({ title: 'plain' });
    expect(await api.tasks.nextDates({ id: plain })).toMatchObject({ words: 'does not repeat', dates: [] });
  });

  it.each([
    [{ rule: 'FREQ=DAILY' }, 'every day'],
    [{ rule: 'FREQ=DAILY;UNTIL=20270301T120000Z' }, 'every day until March 1, 2027'],
    [{ rule: 'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE' }, 'every 2 weeks on Monday and Wednesday'],
    [{ rule: 'FREQ=MONTHLY' }, 'every month, or on the last day of a shorter month'],
    [{ rule: 'FREQ=MONTHLY', monthEnd: 'skip' as const }, 'every month, but not in shorter months'],
    [{ rule: 'FREQ=MONTHLY;BYDAY=2TU' }, 'every month on 2nd Tuesday'],
    [
      { rule: 'FREQ=DAILY;INTERVAL=3', anchor: 'completion' as const },
      'every 3 days, counted from the day of completion',
    ],
    [{ rule: 'FREQ=DAILY', except: ['2027-02-01'] }, 'every day, except on 2027-02-01'],
  ])('has words for %o', async (recurrence, words) => {
    const preview = await api.tasks.previewRecurrence({ recurrence, due: { date: '2027-01-31' }, count: 1 });
    expect(preview.words).toBe(words);
  });
});
