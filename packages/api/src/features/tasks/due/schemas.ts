import { z } from 'zod';
import { calendarDate, timeZone, wallTime } from '../../../platform/schemas/time.ts';

/** For the reference: of a due date in inputs and in outputs. */
export const dueMeta = {
  description:
    'A date, optionally with a wall-clock time. Without `timeZone`, the time is in the current time zone of the user.',
  examples: [{ date: '2026-12-01', time: '09:30' }],
};

export const due = z
  .strictObject({
    date: calendarDate,
    time: wallTime.optional(),
    timeZone: timeZone.optional(),
  })
  .refine((value) => value.timeZone === undefined || value.time !== undefined, {
    path: ['timeZone'],
    message: 'requires a time',
  })
  .meta({ id: 'NewDue', ...dueMeta });

export type Due = z.output<typeof due>;
