import { sql, types } from '@alice/db';
import type { UserContext } from '../../../context.ts';
import { notFound } from '../../../errors/domain-error.ts';
import { type WallTime, wallTimeAt, zonedTime } from '../../../platform/runtime/zoned-time.ts';
import { findTask } from '../get-task.ts';
import { recurrenceOf } from '../to-task.ts';
import { passedBefore } from './complete-occurrence.ts';
import { hasPassed, isExcluded, nextDate, notLongBefore } from './next-date.ts';
import { createSchedule, lateDays, type Planned, storedRule, wallTimeOf } from './schedule.ts';
import type { NextDatesInput, PreviewInput, PreviewOut, Recurrence } from './schemas.ts';
import { completed } from './to-columns.ts';
import { inWords } from './words.ts';

const findZone = sql({
  name: 'tasks.timeZone',
  returns: { timeZone: types.text },
  text: 'SELECT time_zone AS "timeZone" FROM users WHERE id = $1',
});

/** The dates after a due date that a recurrence would have. Throws VALIDATION_FAILED if it does not fit the due date. */
export async function previewRecurrence(
  ctx: UserContext,
  { recurrence, due, count }: PreviewInput,
): Promise<PreviewOut> {
  const timeZone = due.timeZone ?? (await zoneOf(ctx));
  const whole = completed(recurrence, due);
  return previewDates(whole, { planned: wallTimeOf(due), timeZone, count, passed: 0 }, null);
}

/** The dates after the planned one of a task, as if each was completed on its day. Throws NOT_FOUND. */
export async function previewNextDates(ctx: UserContext, { id, count }: NextDatesInput): Promise<PreviewOut> {
  const [task] = await ctx.deps.db.query(findTask, [ctx.user.id, id]);
  if (task === undefined) throw notFound('task');
  const recurrence = recurrenceOf(task);
  const timeZone = task.dueTimeZone ?? (await zoneOf(ctx));
  if (recurrence === null || task.plannedFor === null) return { timeZone, words: 'does not repeat', dates: [] };
  const planned = task.plannedFor.slice(0, 16).replace(' ', 'T');
  const passed = await passedBefore(ctx, id, recurrence);
  return previewDates(recurrence, { planned, timeZone, count, passed }, ctx.deps.clock.now());
}

async function zoneOf({ deps, user }: UserContext): Promise<string> {
  const [row] = await deps.db.query(findZone, [user.id]);
  if (row === undefined) throw notFound('user');
  return row.timeZone;
}

interface From {
  readonly planned: WallTime;
  readonly timeZone: string;
  readonly count: number;
  readonly passed: number;
}

type Item = PreviewOut['dates'][number];

/** `now`: dates until then are passed over; null if none is. */
function previewDates(recurrence: Recurrence, from: From, now: Date | null): PreviewOut {
  const dates =
    recurrence.anchor === 'completion' ? afterCompletions(recurrence, from, now) : ofSchedule(recurrence, from, now);
  return { timeZone: from.timeZone, words: inWords(recurrence), dates };
}

function ofSchedule(recurrence: Recurrence, { planned, timeZone, count }: From, now: Date | null): Item[] {
  const dates: Item[] = [];
  let passedOver: Item['passedOver'] = [];
  const shortMonths = monthsLeftOut(recurrence, planned, timeZone);
  let short = shortMonths.next();
  const pass = (date: string, reason: string) => passedOver.push({ date, reason });
  const from = now === null ? planned : notLongBefore(now, planned, timeZone);
  for (const date of createSchedule(recurrence, timeZone).datesAfter(from)) {
    for (; !short.done && short.value.at < date.at; short = shortMonths.next()) {
      const day = short.value.at.slice(0, 10);
      pass(day, `${monthName(day)} has no day ${short.value.shortOf}`);
    }
    if (isExcluded(recurrence, date)) pass(date.at.slice(0, 10), 'Excluded');
    else if (now !== null && hasPassed(recurrence, date.at, { now, timeZone })) pass(date.at.slice(0, 10), 'Missed');
    else {
      dates.push(
        toItem(recurrence, date, { timeZone, passedOver: passedOver.slice(-50), otherwise: 'Next date of the rule' }),
      );
      passedOver = [];
    }
    if (dates.length === count) break;
  }
  return dates;
}

/** As if each date was completed on its day, or today if it is over. */
function afterCompletions(
  recurrence: Recurrence,
  { planned, timeZone, count, passed }: From,
  now: Date | null,
): Item[] {
  const dates: Item[] = [];
  for (let at = planned; dates.length < count; ) {
    const then = zonedTime(recurrence.start.time === undefined ? `${at.slice(0, 10)}T12:00` : at, timeZone).at;
    const completedAt = now !== null && now > then ? now : then;
    const position = { planned: at, now: completedAt, timeZone, isSkipped: false, passed: passed + dates.length };
    const { next } = nextDate(recurrence, position);
    if (next === null) break;
    const otherwise = `Counted from a completion on ${wallTimeAt(completedAt, timeZone).slice(0, 10)}`;
    dates.push(toItem(recurrence, next, { timeZone, passedOver: [], otherwise }));
    at = next.at;
  }
  return dates;
}

interface Around {
  readonly timeZone: string;
  readonly passedOver: Item['passedOver'];
  readonly otherwise: string;
}

function toItem({ start }: Recurrence, { at, shortOf }: Planned, { timeZone, passedOver, otherwise }: Around): Item {
  const date = at.slice(0, 10);
  const reasons = shortOf === null ? [] : [`Last day of the month: ${monthName(date)} has no day ${shortOf}`];
  if (start.time === undefined) return { date, dueAt: null, reason: reasons[0] ?? otherwise, passedOver };
  const time = at.slice(11);
  const zoned = zonedTime(at, timeZone);
  if (zoned.wallTime !== at) reasons.push(`Moved to ${zoned.wallTime.slice(11)}: ${time} does not exist on this day`);
  if (zoned.isRepeated) reasons.push(`${time} occurs twice on this day: the first time`);
  const reason = reasons.length === 0 ? otherwise : reasons.join('. ');
  return { date, time, dueAt: zoned.at.toISOString(), reason, passedOver };
}

/** The last days of the months that the rule leaves out because they are too short. */
function* monthsLeftOut(recurrence: Recurrence, after: WallTime, timeZone: string): Generator<Planned> {
  const { rule: text, monthEnd, start } = recurrence;
  const rule = storedRule(text);
  if (monthEnd !== 'skip' || lateDays(rule, wallTimeOf(start)).length === 0) return;
  const endless = text
    .split(';')
    .filter((part) => !part.startsWith('COUNT='))
    .join(';');
  for (const date of createSchedule({ rule: endless, monthEnd: 'clamp', start }, timeZone).datesAfter(after)) {
    if (date.shortOf !== null) yield date;
  }
}

const monthFormat = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });

function monthName(date: string): string {
  return monthFormat.format(new Date(`${date}T00:00:00Z`));
}
