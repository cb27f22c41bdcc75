import { OccurrenceOutcome } from '@alice/db/models';
import { z } from 'zod';
import { id, rowId } from '../../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../../platform/schemas/paging.ts';
import { text } from '../../../platform/schemas/text.ts';
import { calendarDate, day, instant, wallTime, zoneName } from '../../../platform/schemas/time.ts';
import { version } from '../../../platform/schemas/version.ts';
import { due } from '../due/schemas.ts';
import { mostCharacters, parseRule } from './rule.ts';

const anchor = z.enum(['scheduled', 'completion']).meta({
  id: 'RecurrenceAnchor',
  description:
    '`scheduled`: the next date is the next one of the schedule that is not over. `completion`: the schedule starts again ' +
    'on the day on which the task is completed.',
  examples: ['scheduled'],
});
const monthEnd = z.enum(['clamp', 'skip']).meta({
  id: 'MonthEnd',
  description:
    'What a month without the day does, for example the 31st. `clamp`: its last day takes the place. `skip`: the month is ' +
    'left out, as in RFC 5545.',
  examples: ['clamp'],
});
const ruleMeta = {
  description:
    'A recurrence rule of RFC 5545, without `RRULE:`. Not more often than DAILY, at most 24 times a day (BYHOUR, BYMINUTE); ' +
    'COUNT is at most 1,000.',
  examples: ['FREQ=MONTHLY;BYMONTHDAY=1'],
};
const rule = text(1, mostCharacters)
  .superRefine((value, ctx) => {
    const parsed = parseRule(value);
    if (typeof parsed === 'string') ctx.addIssue({ code: 'custom', message: parsed });
  })
  .meta(ruleMeta);

const startMeta = {
  description: 'Where the schedule starts: the date and time of DTSTART.',
  examples: [{ date: '2026-12-01' }],
};

export const recurrenceInput = z
  .strictObject({
    rule,
    anchor: anchor.default('scheduled'),
    monthEnd: monthEnd.default('clamp'),
    start: z
      .strictObject({ date: calendarDate, time: wallTime.optional() })
      .optional()
      .meta({ ...startMeta, description: `${startMeta.description} Default: the due date.` }),
    except: z
      .array(calendarDate)
      .max(100)
      .default([])
      .describe('Dates that are left out (EXDATE). They count for COUNT.'),
  })
  .meta({ id: 'NewRecurrence', description: 'How a task repeats.' });

const plannedTime = z.string().meta({ description: 'Wall-clock time.', examples: ['09:30'] });

export const recurrence = z
  .object({
    rule: z.string().meta(ruleMeta),
    anchor,
    monthEnd,
    start: z.object({ date: day, time: plannedTime.optional() }).meta(startMeta),
    except: z.array(day).describe('Dates that are left out.'),
  })
  .meta({ id: 'Recurrence', description: 'How a task repeats.' });

export const planned = z.object({ date: day, time: plannedTime.optional() }).meta({
  id: 'Planned',
  description: 'The date of the schedule that the due date stands for. The due date can be moved without it.',
  examples: [{ date: '2026-12-01' }],
});

const outcome = z
  .enum(OccurrenceOutcome)
  .meta({ id: 'OccurrenceOutcome', description: 'How an occurrence ended.', examples: ['done'] });

export const occurrence = z
  .object({
    id: rowId,
    taskId: rowId,
    outcome,
    planned: planned.describe('When it was planned.'),
    timeZone: zoneName.describe('The time zone in which it was planned.'),
    completedAt: instant.nullable().describe('When it was completed; null if it was skipped.'),
    doneOn: day.describe('The day on which it was completed or skipped, in the time zone that the user had then.'),
    missedDates: z
      .array(day)
      .describe('The dates of the schedule that passed between this one and its completion. At most the latest 366.'),
    version,
    createdAt: instant,
    updatedAt: instant,
    deletedAt: instant.nullable().meta({ examples: [null] }),
  })
  .meta({ id: 'Occurrence', description: 'A date of a recurring task that was completed or skipped.' });

export const exportedOccurrence = occurrence
  .omit({ planned: true })
  .extend({
    plannedDate: day,
    plannedTime: z
      .string()
      .nullable()
      .meta({ description: 'Wall-clock time.', examples: ['09:30:00'] }),
  })
  .meta({ id: 'ExportedOccurrence', description: 'An occurrence with its stored fields.' });

export const listOccurrencesInput = z.strictObject({ id, limit, cursor: cursor.optional() });
export const occurrencePage = page(occurrence);

const count = z.int().min(1).max(50).default(10).describe('The number of dates.');

export const previewInput = z
  .strictObject({ recurrence: recurrenceInput, due, count })
  .meta({ examples: [{ recurrence: { rule: 'FREQ=MONTHLY' }, due: { date: '2027-01-31' }, count: 3 }] });

export const nextDatesInput = z.strictObject({ id, count });

const reason = z.string().meta({ examples: ['Last day of the month: February 2027 has no day 31'] });

export const preview = z
  .object({
    timeZone: zoneName,
    words: z.string().meta({ description: 'The recurrence in English.', examples: ['every month'] }),
    dates: z.array(
      z.object({
        date: day,
        time: plannedTime.optional(),
        dueAt: instant.nullable().describe('The instant of the date and its time; null without a time.'),
        reason: reason.describe('Why it is this date.'),
        passedOver: z
          .array(z.object({ date: day, reason }))
          .describe(
            'Dates before it that are left out: excluded, missed, or in a month that is too short. At most 50.',
          ),
      }),
    ),
  })
  .meta({ id: 'RecurrencePreview', description: 'The next dates of a recurrence, with the reason for each.' });

const mostDays = 366;

export const habitInput = z
  .strictObject({
    id,
    from: calendarDate.describe('The first day.'),
    to: calendarDate.describe(`The last day, inclusive: at most ${mostDays} days.`),
  })
  .refine(
    ({ from, to }) => {
      const days = (Date.parse(to) - Date.parse(from)) / 86_400_000;
      return days >= 0 && days < mostDays;
    },
    { path: ['to'], message: `must be at most ${mostDays} days from the first day` },
  );

const days = z.number().meta({ examples: [5] });
const tally = {
  done: days.describe('Planned days that were done.'),
  skipped: days.describe('Planned days that were skipped.'),
  missed: days.describe('Planned days that passed.'),
  rate: z
    .number()
    .nullable()
    .meta({ description: 'Done days of those that are done or missed; null if there are none.', examples: [0.83] }),
};

export const habit = z
  .object({
    from: day,
    to: day,
    timeZone: zoneName,
    streak: z
      .object({ current: days, longest: days })
      .describe('Done days in a row, within the window. Days without a plan and skipped days do not end a streak.'),
    ...tally,
    weeks: z.array(z.object({ start: day, ...tally })).describe('Weeks start on the day that the user has set.'),
    days: z
      .array(
        z.object({
          date: day,
          state: z
            .enum(['done', 'skipped', 'missed', 'pending'])
            .nullable()
            .meta({ description: 'Null: nothing was planned.', examples: ['done'] }),
          done: z.number().meta({ description: 'Completions on this day.', examples: [1] }),
        }),
      )
      .describe('Days with a plan or a completion, for a heat map.'),
  })
  .meta({ id: 'Habit', description: 'How well a recurring task was kept up.' });

export type PreviewInput = z.output<typeof previewInput>;
export type NextDatesInput = z.output<typeof nextDatesInput>;
export type PreviewOut = z.input<typeof preview>;
export type HabitInput = z.output<typeof habitInput>;
export type HabitOut = z.input<typeof habit>;
export type RecurrenceInput = z.output<typeof recurrenceInput>;
export type Recurrence = z.output<typeof recurrence>;
export type ListOccurrencesInput = z.output<typeof listOccurrencesInput>;
export type OccurrenceOut = z.input<typeof occurrence>;
