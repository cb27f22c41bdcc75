import { describe, expect, it } from 'vitest';
import { parseRule } from './rule.ts';
import { createSchedule } from './schedule.ts';

/** The dates of a rule, as RFC 5545 has them: short months are left out. */
function datesOf(rule: string, start: string, most: number): string[] {
  const [date = '', time = ''] = start.split('T');
  const dates: string[] = [];
  const pattern = { rule, monthEnd: 'skip' as const, start: { date, time } };
  for (const { at } of createSchedule(pattern, 'America/New_York').datesAfter(null)) {
    dates.push(at);
    if (dates.length === most) break;
  }
  return dates;
}

/** `1997-09: 2-4 9, 1998-01: 5` as dates at a time. */
function datesIn(text: string, time: string): string[] {
  return text.split(', ').flatMap((part) => {
    const [month, days = ''] = part.split(': ');
    return days.split(' ').flatMap((day) => {
      const [first = 0, last = first] = day.split('-').map(Number);
      return Array.from(
        { length: last - first + 1 },
        (_, index) => `${month}-${String(first + index).padStart(2, '0')}T${time}`,
      );
    });
  });
}

const weekdays = 'MO,TU,WE,TH,FR';
const allJanuary = '1998-01: 1-31, 1999-01: 1-31, 2000-01: 1-31';
const tenTuesdaysAndThursdays = '1997-09: 2 4 9 11 16 18 23 25 30, 1997-10: 2';

/**
 * The examples of RFC 5545, 3.8.5.3, in its order, with the dates that it states: all of them where the series ends (`.`),
 * else the first ones. Left out, since a task repeats at most once an hour on given hours: "every 3 hours", "every 15
 * minutes", "every hour and a half", and the MINUTELY form of "every 20 minutes". Its EXDATE stands beside its rule here.
 */
const examples: readonly (readonly [rule: string, start: string, dates: string])[] = [
  ['FREQ=DAILY;COUNT=10', '1997-09-02', '1997-09: 2-11.'],
  ['FREQ=DAILY;UNTIL=19971224T000000Z', '1997-09-02', '1997-09: 2-30, 1997-10: 1-31, 1997-11: 1-30, 1997-12: 1-23.'],
  ['FREQ=DAILY;INTERVAL=2', '1997-09-02', '1997-09: 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30, 1997-10: 2 4 6'],
  ['FREQ=DAILY;INTERVAL=10;COUNT=5', '1997-09-02', '1997-09: 2 12 22, 1997-10: 2 12.'],
  ['FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA', '1998-01-01', `${allJanuary}.`],
  ['FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1', '1998-01-01', `${allJanuary}.`],
  ['FREQ=WEEKLY;COUNT=10', '1997-09-02', '1997-09: 2 9 16 23 30, 1997-10: 7 14 21 28, 1997-11: 4.'],
  [
    'FREQ=WEEKLY;UNTIL=19971224T000000Z',
    '1997-09-02',
    '1997-09: 2 9 16 23 30, 1997-10: 7 14 21 28, 1997-11: 4 11 18 25, 1997-12: 2 9 16 23.',
  ],
  [
    'FREQ=WEEKLY;INTERVAL=2;WKST=SU',
    '1997-09-02',
    '1997-09: 2 16 30, 1997-10: 14 28, 1997-11: 11 25, 1997-12: 9 23, 1998-01: 6 20, 1998-02: 3 17',
  ],
  ['FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH', '1997-09-02', `${tenTuesdaysAndThursdays}.`],
  ['FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH', '1997-09-02', `${tenTuesdaysAndThursdays}.`],
  [
    'FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR',
    '1997-09-01',
    '1997-09: 1 3 5 15 17 19 29, 1997-10: 1 3 13 15 17 27 29 31, 1997-11: 10 12 14 24 26 28, 1997-12: 8 10 12 22.',
  ],
  ['FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH', '1997-09-02', '1997-09: 2 4 16 18 30, 1997-10: 2 14 16.'],
  [
    'FREQ=MONTHLY;COUNT=10;BYDAY=1FR',
    '1997-09-05',
    '1997-09: 5, 1997-10: 3, 1997-11: 7, 1997-12: 5, 1998-01: 2, 1998-02: 6, 1998-03: 6, 1998-04: 3, 1998-05: 1, 1998-06: 5.',
  ],
  ['FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR', '1997-09-05', '1997-09: 5, 1997-10: 3, 1997-11: 7, 1997-12: 5.'],
  [
    'FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU',
    '1997-09-07',
    '1997-09: 7 28, 1997-11: 2 30, 1998-01: 4 25, 1998-03: 1 29, 1998-05: 3 31.',
  ],
  [
    'FREQ=MONTHLY;COUNT=6;BYDAY=-2MO',
    '1997-09-22',
    '1997-09: 22, 1997-10: 20, 1997-11: 17, 1997-12: 22, 1998-01: 19, 1998-02: 16.',
  ],
  [
    'FREQ=MONTHLY;BYMONTHDAY=-3',
    '1997-09-28',
    '1997-09: 28, 1997-10: 29, 1997-11: 28, 1997-12: 29, 1998-01: 29, 1998-02: 26',
  ],
  [
    'FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15',
    '1997-09-02',
    '1997-09: 2 15, 1997-10: 2 15, 1997-11: 2 15, 1997-12: 2 15, 1998-01: 2 15.',
  ],
  [
    'FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1',
    '1997-09-30',
    '1997-09: 30, 1997-10: 1 31, 1997-11: 1 30, 1997-12: 1 31, 1998-01: 1 31, 1998-02: 1.',
  ],
  ['FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15', '1997-09-10', '1997-09: 10-15, 1999-03: 10-13.'],
  [
    'FREQ=MONTHLY;INTERVAL=2;BYDAY=TU',
    '1997-09-02',
    '1997-09: 2 9 16 23 30, 1997-11: 4 11 18 25, 1998-01: 6 13 20 27, 1998-03: 3 10 17 24 31',
  ],
  [
    'FREQ=YEARLY;COUNT=10;BYMONTH=6,7',
    '1997-06-10',
    '1997-06: 10, 1997-07: 10, 1998-06: 10, 1998-07: 10, 1999-06: 10, 1999-07: 10, 2000-06: 10, 2000-07: 10, 2001-06: 10, 2001-07: 10.',
  ],
  [
    'FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3',
    '1997-03-10',
    '1997-03: 10, 1999-01: 10, 1999-02: 10, 1999-03: 10, 2001-01: 10, 2001-02: 10, 2001-03: 10, 2003-01: 10, 2003-02: 10, 2003-03: 10.',
  ],
  [
    'FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200',
    '1997-01-01',
    '1997-01: 1, 1997-04: 10, 1997-07: 19, 2000-01: 1, 2000-04: 9, 2000-07: 18, 2003-01: 1, 2003-04: 10, 2003-07: 19, 2006-01: 1.',
  ],
  ['FREQ=YEARLY;BYDAY=20MO', '1997-05-19', '1997-05: 19, 1998-05: 18, 1999-05: 17'],
  ['FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO', '1997-05-12', '1997-05: 12, 1998-05: 11, 1999-05: 17'],
  ['FREQ=YEARLY;BYMONTH=3;BYDAY=TH', '1997-03-13', '1997-03: 13 20 27, 1998-03: 5 12 19 26, 1999-03: 4 11 18 25'],
  [
    'FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8',
    '1997-06-05',
    '1997-06: 5 12 19 26, 1997-07: 3 10 17 24 31, 1997-08: 7 14 21 28, 1998-06: 4 11 18 25, 1998-07: 2 9 16 23 30, 1998-08: 6 13 20 27, 1999-06: 3 10 17 24, 1999-07: 1 8 15 22 29, 1999-08: 5 12 19 26',
  ],
  [
    'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13',
    '1997-09-02',
    '1998-02: 13, 1998-03: 13, 1998-11: 13, 1999-08: 13, 2000-10: 13',
  ],
  [
    'FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13',
    '1997-09-13',
    '1997-09: 13, 1997-10: 11, 1997-11: 8, 1997-12: 13, 1998-01: 10, 1998-02: 7, 1998-03: 7, 1998-04: 11, 1998-05: 9, 1998-06: 13',
  ],
  [
    'FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8',
    '1996-11-05',
    '1996-11: 5, 2000-11: 7, 2004-11: 2',
  ],
  ['FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3', '1997-09-04', '1997-09: 4, 1997-10: 7, 1997-11: 6.'],
  [
    `FREQ=MONTHLY;BYDAY=${weekdays};BYSETPOS=-2`,
    '1997-09-29',
    '1997-09: 29, 1997-10: 30, 1997-11: 27, 1997-12: 30, 1998-01: 29, 1998-02: 26, 1998-03: 30',
  ],
  ['FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO', '1997-08-05', '1997-08: 5 10 19 24.'],
  ['FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU', '1997-08-05', '1997-08: 5 17 19 31.'],
  ['FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5', '2007-01-15', '2007-01: 15 30, 2007-02: 15, 2007-03: 15 30.'],
];

describe('the examples of RFC 5545, 3.8.5.3', () => {
  it.each(examples)('%s from %s', (rule, start, stated) => {
    const expected = datesIn(stated.replace(/\.$/, ''), '09:00');
    const most = stated.endsWith('.') ? expected.length + 1 : expected.length;
    expect(datesOf(rule, `${start}T09:00`, most)).toEqual(expected);
  });

  it('every 20 minutes from 9:00 to 16:40 every day', () => {
    const rule = 'FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40';
    const times = ['09', '10', '11', '12', '13', '14', '15', '16'].flatMap((hour) => [
      `${hour}:00`,
      `${hour}:20`,
      `${hour}:40`,
    ]);
    const expected = ['1997-09-02', '1997-09-03'].flatMap((date) => times.map((time) => `${date}T${time}`));
    expect(datesOf(rule, '1997-09-02T09:00', 48)).toEqual(expected);
  });

  it.each([
    ['FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z', 'FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY'],
    ['FREQ=MINUTELY;INTERVAL=15;COUNT=6', 'FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY'],
    ['FREQ=DAILY;COUNT=1001', 'COUNT must be a number from 1 to 1000'],
    ['FREQ=DAILY;COUNT=2;UNTIL=20270101', 'COUNT and UNTIL exclude each other'],
    ['FREQ=DAILY;FREQ=DAILY', 'FREQ must not be repeated'],
    ['INTERVAL=2', 'FREQ is missing'],
    ['FREQ=DAILY;', 'an empty part is not supported'],
    ['FREQ=DAILY;RSCALE=GREGORIAN', 'RSCALE is not supported'],
    ['FREQ=DAILY;INTERVAL=0', 'INTERVAL must be a number from 1 to 999'],
    ['FREQ=DAILY;BYHOUR=24', 'BYHOUR must be numbers from 0 to 23'],
    ['FREQ=DAILY;BYHOUR=9,10;BYMINUTE=0,5,10,15,20,25,30,35,40,45,50,55,59', 'at most 24 times a day'],
    ['FREQ=MONTHLY;BYMONTHDAY=0', 'BYMONTHDAY must be numbers from 1 to 31, or negative to count from the end'],
    ['FREQ=MONTHLY;BYDAY=0MO', 'BYDAY must not count from 0'],
    ['FREQ=WEEKLY;BYDAY=1MO', 'numbered days are only for MONTHLY and YEARLY'],
    ['FREQ=WEEKLY;BYMONTHDAY=1', 'BYMONTHDAY is not for WEEKLY'],
    ['FREQ=MONTHLY;BYWEEKNO=1', 'BYWEEKNO is only for YEARLY'],
    ['FREQ=MONTHLY;BYYEARDAY=1', 'BYYEARDAY is only for YEARLY'],
    ['FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO', 'numbered days are not for BYWEEKNO'],
    ['FREQ=YEARLY;BYYEARDAY=1;BYDAY=MO', 'BYYEARDAY and BYDAY together are not supported'],
    ['FREQ=YEARLY;BYDAY=53FR', 'BYDAY must not count further than 52'],
    ['FREQ=MONTHLY;BYSETPOS=1', 'BYSETPOS needs another BY part'],
    ['FREQ=DAILY=2', 'FREQ=DAILY=2 is not NAME=value'],
  ])('%s is refused: %s', (rule, message) => {
    expect(parseRule(rule)).toBe(message);
  });
});
