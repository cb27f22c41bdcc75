import { z } from 'zod';
import { calendarDate, day, zoneName } from '../../../platform/schemas/time.ts';
import { weekStart } from '../../../platform/schemas/week.ts';
import { task } from '../schemas.ts';

const agendaTask = task
  .omit({ notes: true })
  .extend({ overdue: z.boolean().describe('Whether the due date has passed in its time zone.') })
  .meta({ id: 'AgendaTask', description: 'A task without its notes.' });

const minutes = z.int().meta({ description: 'The sum of the estimates.', examples: [90] });

export const agendaInput = z.strictObject({
  from: calendarDate.optional().describe('The first day. Default: today in the time zone of the user.'),
  days: z.int().min(1).max(31).default(7).describe('The number of days.'),
});

export const agenda = z
  .object({
    timeZone: zoneName,
    weekStart,
    today: day,
    carriedOver: z.array(agendaTask).describe('Open tasks that were due before the first day.'),
    carriedOverMinutes: minutes,
    days: z.array(
      z.object({
        date: day,
        due: z.array(agendaTask).describe('Open tasks that are due on this day.'),
        available: z.array(agendaTask).describe('Open tasks that are deferred until this day.'),
        plannedMinutes: minutes,
      }),
    ),
    hasMore: z
      .boolean()
      .describe('Whether there are more than 200 tasks. The earliest that are carried over are left out first.'),
  })
  .meta({ id: 'Agenda', description: 'The open tasks of some days, in the time zone of the user.' });

export type AgendaInput = z.output<typeof agendaInput>;
export type AgendaOut = z.input<typeof agenda>;
export type AgendaTaskOut = z.input<typeof agendaTask>;
