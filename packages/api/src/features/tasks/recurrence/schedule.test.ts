import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, wallTimeAt, zonedTime } from '../../../platform/runtime/zoned-time.ts';
import { nextDate } from './next-date.ts';
import { parseRule } from './rule.ts';
import { createSchedule } from './schedule.ts';
import type { Recurrence } from './schemas.ts';

/**
 * `DAILY;COUNT=3|1997-09-02T09:00|dates`: the rules that python-dateutil's tests cover, within our bounds, and random ones,
 * with the dates of python-dateutil 2.9.0. rrule 2.8.1 agrees, but returns a date twice that two positions of BYSETPOS choose.
 * Left out is where dateutil departs from RFC 5545: BYWEEKNO without BYDAY (all days of the week, not that of DTSTART),
 * BYSETPOS in a week that starts before DTSTART, and BYDAY that mixes days with numbered ones (it forgets the former).
 */
const vectors = readFileSync(join(import.meta.dirname, 'vectors.txt'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split('|') as [string, string, string]);

const rounds = 300 * Number(process.env['TEST_ROUNDS'] ?? 1);

function first(
  recurrence: Pick<Recurrence, 'rule' | 'monthEnd' | 'start'>,
  most: number,
  after: string | null = null,
): string[] {
  const dates: string[] = [];
  for (const { at } of createSchedule(recurrence, 'UTC').datesAfter(after)) {
    dates.push(at);
    if (dates.length === most) break;
  }
  return dates;
}

describe('the dates of a schedule', () => {
  it('are those of other libraries', () => {
    const wrong = vectors.flatMap(([rest, at, dates]) => {
      const expected = dates.split(' ');
      const [date = '', time = ''] = at.split('T');
      const found = first({ rule: `FREQ=${rest}`, monthEnd: 'skip', start: { date, time } }, expected.length + 1);
      const until = found.filter((each) => each < '2151');
      return until.join(' ') === dates ? [] : [{ rest, at, expected: dates, found: until.join(' ') }];
    });
    expect(wrong).toEqual([]);
    expect(vectors.length).toBeGreaterThan(500);
  });

  it.each([
    ['FREQ=MONTHLY', '2027-01-31', '2027-01-31 2027-02-28 2027-03-31 2027-04-30'],
    ['FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3', '2027-01-31', '2027-01-31 2027-02-28 2027-03-31'],
    ['FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=31', '2026-12-31', '2026-12-31 2027-02-28 2027-04-30 2027-06-30'],
    ['FREQ=MONTHLY;BYMONTHDAY=30,31', '2027-01-30', '2027-01-30 2027-01-31 2027-02-28 2027-03-30'],
    ['FREQ=MONTHLY;BYMONTHDAY=15,31', '2027-02-01', '2027-02-15 2027-02-28 2027-03-15 2027-03-31'],
    ['FREQ=YEARLY', '2024-02-29', '2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-29'],
    ['FREQ=YEARLY;INTERVAL=2', '2024-02-29', '2024-02-29 2026-02-28 2028-02-29'],
    ['FREQ=YEARLY;BYMONTH=2,4;BYMONTHDAY=31', '2027-01-01', '2027-02-28 2027-04-30 2028-02-29 2028-04-30'],
    ['FREQ=YEARLY;BYMONTHDAY=31', '2027-01-31', '2027-01-31 2027-02-28 2027-03-31 2027-04-30'],
    ['FREQ=MONTHLY;BYMONTHDAY=-31', '2027-01-01', '2027-01-01 2027-03-01 2027-05-01'],
    ['FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=31', '2027-01-01', '2027-12-31'],
    ['FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20270430', '2027-03-01', '2027-03-31 2027-04-30'],
  ])('take the last day of a shorter month: %s from %s', (rule, date, dates) => {
    const expected = dates.split(' ');
    const found = first({ rule, monthEnd: 'clamp', start: { date } }, expected.length);
    expect(found.map((at) => at.slice(0, 10))).toEqual(expected);
    const middle = found[1];
    if (middle !== undefined)
      expect(first({ rule, monthEnd: 'clamp', start: { date } }, expected.length - 2, middle)).toEqual(found.slice(2));
  });

  it('take the last day of a shorter month at each of its times', () => {
    const rule = 'FREQ=MONTHLY;BYMONTHDAY=31;BYHOUR=9,17';
    expect(first({ rule, monthEnd: 'clamp', start: { date: '2027-01-31', time: '09:00' } }, 4)).toEqual([
      '2027-01-31T09:00',
      '2027-01-31T17:00',
      '2027-02-28T09:00',
      '2027-02-28T17:00',
    ]);
  });
});

const days = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const zones = [
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Asia/Tokyo',
  'Pacific/Apia',
  'America/Sao_Paulo',
  'Asia/Kathmandu',
];
const part = (name: string, values: fc.Arbitrary<string>) => values.map((value) => `;${name}=${value}`);
const numbers = (low: number, high: number) =>
  fc.uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 3 }).map((list) => list.join(','));
const maybe = (arbitrary: fc.Arbitrary<string>) => fc.oneof({ weight: 2, arbitrary: fc.constant('') }, arbitrary);
const weekdays = fc.uniqueArray(fc.constantFrom(...days), { minLength: 1, maxLength: 3 }).map((list) => list.join(','));

const rules = fc
  .tuple(
    fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'),
    maybe(part('INTERVAL', fc.integer({ min: 1, max: 6 }).map(String))),
    maybe(part('BYMONTH', numbers(1, 12))),
    maybe(part('BYMONTHDAY', numbers(1, 31))),
    maybe(part('BYDAY', weekdays)),
    maybe(part('COUNT', fc.integer({ min: 1, max: 30 }).map(String))),
  )
  .map(([freq, ...parts]) => `FREQ=${freq}${parts.join('')}`)
  .filter((rule) => typeof parseRule(rule) !== 'string');
const dates = fc.integer({ min: 0, max: 1400 }).map((day) => addDays('2026-01-01', day));
const times = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '15', '30', '59'))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`);

const recurrences = fc
  .record({
    rule: rules,
    anchor: fc.constantFrom('scheduled' as const, 'completion' as const),
    monthEnd: fc.constantFrom('clamp' as const, 'skip' as const),
    date: dates,
    time: fc.option(times, { nil: undefined }),
    excepted: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 3 }),
  })
  .map(({ date, time, excepted, ...rest }): Recurrence => {
    const start = time === undefined ? { date } : { date, time };
    return { ...rest, start, except: excepted.map((day) => addDays(date, day)) };
  });

describe('moving on, for random rules, zones and completions', () => {
  it('the next date is after the last and after now, and no date is passed over without a reason', {
    timeout: 600_000,
  }, () => {
    fc.assert(
      fc.property(
        recurrences,
        fc.constantFrom(...zones),
        fc.array(fc.tuple(fc.integer({ min: -20, max: 100 }), fc.boolean()), { minLength: 1, maxLength: 4 }),
        (recurrence, timeZone, acts) => {
          const schedule = createSchedule(recurrence, timeZone);
          let planned = schedule.datesAfter(null).next().value?.at;
          const [reference = ''] = [planned];
          if (planned === undefined || planned > '2040') return;
          const series = first(recurrence, 100);
          for (const [passed, [hoursLater, isSkipped]] of acts.entries()) {
            const now = new Date(zonedTime(planned, timeZone).at.getTime() + hoursLater * 3_600_000 * (passed + 1));
            const { next, missed } = nextDate(recurrence, { planned, now, timeZone, isSkipped, passed });
            const nowThere = wallTimeAt(now, timeZone);
            const hasCome = (at: string) =>
              recurrence.start.time === undefined
                ? at.slice(0, 10) <= nowThere.slice(0, 10)
                : zonedTime(at, timeZone).at <= now;
            if (next !== null) {
              expect(hasCome(next.at)).toBe(false);
              expect(recurrence.except).not.toContain(next.at.slice(0, 10));
              if (recurrence.anchor === 'scheduled') expect(next.at > planned).toBe(true);
            }
            if (recurrence.anchor === 'scheduled') {
              // Between the planned date and the next: each date of the whole series was excluded, or has passed and is named.
              const end = next?.at ?? '9999';
              for (const at of series.filter((each) => each > (planned ?? reference) && each < end)) {
                const day = at.slice(0, 10);
                const isNamed = recurrence.except.includes(day) || (hasCome(at) && missed.includes(day));
                expect([at, isNamed]).toEqual([at, true]);
              }
              if (next !== null && next.at <= (series.at(-1) ?? '')) expect(series).toContain(next.at);
            }
            // The same completion gives the same date again: nothing is remembered between two calls.
            expect(nextDate(recurrence, { planned, now, timeZone, isSkipped, passed })).toEqual({ next, missed });
            if (next === null) return;
            planned = next.at;
          }
        },
      ),
      { numRuns: rounds },
    );
  });
});

const everyHour = Array.from({ length: 24 }, (_, hour) => hour).join(',');

// The library alone looked for up to 7 s.
it.each([
  'FREQ=WEEKLY;BYDAY=MO;BYSETPOS=5',
  'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=1,5,8;BYSETPOS=50',
  `FREQ=DAILY;BYHOUR=${everyHour};BYSETPOS=300`,
  'FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;BYSETPOS=3',
  'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
])('a rule without a date is given up after a short search: %s', (rule) => {
  const began = process.cpuUsage();
  const schedule = createSchedule({ rule, monthEnd: 'skip', start: { date: '2027-01-04', time: '09:00' } }, 'UTC');
  expect([...schedule.datesAfter('2027-01-04T09:00')]).toEqual([]);
  expect(process.cpuUsage(began).user).toBeLessThan(500_000);
});

it('reads on as it would date by date', () => {
  const pattern = { monthEnd: 'clamp', start: { date: '2027-01-04', time: '09:00' } } as const;
  const rules = [
    'FREQ=DAILY',
    `FREQ=DAILY;BYHOUR=${everyHour}`,
    'FREQ=MONTHLY;BYMONTHDAY=31',
    'FREQ=WEEKLY;BYDAY=MO,FR',
  ];
  for (const rule of rules) {
    const { datesAfter } = createSchedule({ ...pattern, rule }, 'UTC');
    const read: string[] = [];
    for (const { at } of datesAfter('2027-01-04T09:00')) if (read.push(at) === 120) break;
    // Each search begins anew: the first date after the last.
    let last = '2027-01-04T09:00';
    for (const at of read) {
      expect(datesAfter(last).next().value?.at, `${rule} after ${last}`).toBe(at);
      last = at;
    }
  }
});
