import { type Rows, rowOf, sql } from '@alice/db';
import type { UserContext } from '../../../context.ts';
import { notFound } from '../../../errors/domain-error.ts';
import { addDays, daysBetween, wallTimeAt } from '../../../platform/runtime/zoned-time.ts';
import { recurrenceOf } from '../to-task.ts';
import { isExcluded } from './next-date.ts';
import { createSchedule } from './schedule.ts';
import type { HabitInput, HabitOut } from './schemas.ts';

type TaskRow = Pick<Rows['tasks'], 'recurrence' | 'plannedFor' | 'status' | 'dueTimeZone'> &
  Pick<Rows['users'], 'timeZone' | 'weekStart'>;

const findTask = sql({
  name: 'tasks.findHabit',
  returns: {
    ...rowOf('tasks', 'recurrence', 'plannedFor', 'status', 'dueTimeZone'),
    ...rowOf('users', 'timeZone', 'weekStart'),
  },
  text: `
    SELECT t.recurrence, t.planned_for AS "plannedFor", t.status, t.due_time_zone AS "dueTimeZone",
           u.time_zone AS "timeZone", u.week_start AS "weekStart"
      FROM tasks t JOIN users u ON u.id = t.user_id
     WHERE t.user_id = $1 AND t.id = $2 AND t.deleted_at IS NULL`,
});

/** A date may be completed up to a year before or after its day; 24 a day at most. */
const findOccurrences = sql({
  name: 'tasks.occurrencesOfHabit',
  returns: rowOf('occurrences', 'outcome', 'plannedDate', 'doneOn', 'missedDates'),
  text: `
    SELECT outcome, planned_date AS "plannedDate", done_on AS "doneOn", missed_dates AS "missedDates"
      FROM occurrences
     WHERE user_id = $1 AND task_id = $2 AND deleted_at IS NULL
       AND planned_date BETWEEN $3::date - 366 AND $4::date + 366
     ORDER BY planned_date DESC, id DESC LIMIT 20000`,
});

type State = 'done' | 'skipped' | 'missed' | 'pending';

/**
 * How well a recurring task was kept up between two days. A planned day is done if its date was completed, or if a date
 * was completed on it; days on which nothing was planned are rest days. Throws NOT_FOUND.
 */
export async function getHabit(ctx: UserContext, { id, from, to }: HabitInput): Promise<HabitOut> {
  const { query } = ctx.deps.db;
  const [task] = await query(findTask, [ctx.user.id, id]);
  if (task === undefined) throw notFound('task');
  const rows = await query(findOccurrences, [ctx.user.id, id, from, to]);
  const today = wallTimeAt(ctx.deps.clock.now(), task.timeZone).slice(0, 10);

  const planned = new Set([...rows.flatMap((row) => [row.plannedDate, ...row.missedDates]), ...openDates(task, to)]);
  const done = new Set(rows.flatMap((row) => (row.outcome === 'done' ? [row.plannedDate, row.doneOn] : [])));
  const skipped = new Set(rows.flatMap((row) => (row.outcome === 'skipped' ? [row.plannedDate] : [])));
  const stateOf = (day: string): State | null => {
    if (!planned.has(day)) return null;
    if (done.has(day)) return 'done';
    if (skipped.has(day)) return 'skipped';
    return day < today ? 'missed' : 'pending';
  };
  const states = daysFrom(from, to).map((date) => ({ date, state: stateOf(date) }));
  const perDay = Map.groupBy(
    rows.filter(({ outcome }) => outcome === 'done'),
    ({ doneOn }) => doneOn,
  );
  return {
    from,
    to,
    timeZone: task.timeZone,
    streak: streaks(states.map(({ state }) => state)),
    ...tally(states.map(({ state }) => state)),
    weeks: weeksOf(states, task.weekStart),
    days: states.flatMap(({ date, state }) => {
      const count = perDay.get(date)?.length ?? 0;
      return state === null && count === 0 ? [] : [{ date, state, done: count }];
    }),
  };
}

/** The dates that are still open: the planned one and those after it, until the last day. */
function openDates(task: TaskRow, to: string): string[] {
  const recurrence = recurrenceOf(task);
  if (recurrence === null || task.plannedFor === null || task.status === 'done') return [];
  const planned = task.plannedFor.slice(0, 16).replace(' ', 'T');
  const dates = [planned.slice(0, 10)];
  if (recurrence.anchor === 'completion') return dates;
  const longAgo = `${addDays(to, -366)}T00:00`;
  for (const date of createSchedule(recurrence, task.dueTimeZone ?? task.timeZone).datesAfter(
    planned > longAgo ? planned : longAgo,
  )) {
    const day = date.at.slice(0, 10);
    if (day > to) break;
    if (!isExcluded(recurrence, date)) dates.push(day);
  }
  return dates;
}

function daysFrom(from: string, to: string): string[] {
  return Array.from({ length: daysBetween(from, to) + 1 }, (_, index) => addDays(from, index));
}

/** Done days in a row. Rest days, skipped days and days that are not over neither count nor end a streak. */
function streaks(states: readonly (State | null)[]): HabitOut['streak'] {
  let current = 0;
  let longest = 0;
  for (const state of states) {
    if (state === 'missed') current = 0;
    if (state === 'done') current += 1;
    longest = Math.max(longest, current);
  }
  return { current, longest };
}

function tally(states: readonly (State | null)[]) {
  const count = (wanted: State) => states.filter((state) => state === wanted).length;
  const [done, skipped, missed] = [count('done'), count('skipped'), count('missed')];
  const ended = done + missed;
  return { done, skipped, missed, rate: ended === 0 ? null : done / ended };
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

function weeksOf(
  states: readonly { readonly date: string; readonly state: State | null }[],
  weekStart: string,
): HabitOut['weeks'] {
  const startOf = (date: string) => {
    const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
    return addDays(date, -((weekday - weekdays.indexOf(weekStart) + 7) % 7));
  };
  return [...Map.groupBy(states, ({ date }) => startOf(date))].map(([start, days]) => ({
    start,
    ...tally(days.map(({ state }) => state)),
  }));
}
