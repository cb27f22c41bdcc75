import { OccurrenceOutcome } from '@alice/db/models';
import { z } from 'zod';
import { id, rowId } from '../../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../../platform/schemas/paging.ts';
import { text } from '../../../platform/schemas/text.ts';
import { calendarDate, day, instant, wallTime, zoneName } from '../../../platform/schemas/time.ts';
import { version } from '../../../platform/schemas/version.ts';
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

export type RecurrenceInput = z.output<typeof recurrenceInput>;
export type Recurrence = z.output<typeof recurrence>;
export type ListOccurrencesInput = z.output<typeof listOccurrencesInput>;
export type OccurrenceOut = z.input<typeof occurrence>;
