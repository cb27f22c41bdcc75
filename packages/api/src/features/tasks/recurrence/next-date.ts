import { addDays, type WallTime, wallTimeAt, zonedTime } from '../../../platform/runtime/zoned-time.ts';
import { createSchedule, type Planned, wallTimeOf } from './schedule.ts';
import type { Recurrence } from './schemas.ts';

export interface Position {
  /** The date of the schedule that is now completed or skipped. */
  readonly planned: WallTime;
  /** When that happens. */
  readonly now: Date;
  /** The zone of the due date. */
  readonly timeZone: string;
  readonly isSkipped: boolean;
  /** How many dates of the series were completed or skipped before this one. */
  readonly passed: number;
}

export interface Step {
  /** Null: the series is over. */
  readonly next: Planned | null;
  /** The dates of the schedule between the planned one and now, each day once: at most those of the latest year. */
  readonly missed: readonly string[];
}

const daysBack = 365;

/** The planned date, but not more than a year ago: what was missed before that is not looked at. */
export function notLongBefore(now: Date, planned: WallTime, timeZone: string): WallTime {
  const longAgo = `${addDays(wallTimeAt(now, timeZone).slice(0, 10), -daysBack)}T00:00`;
  return planned > longAgo ? planned : longAgo;
}

/** The date after the one that is completed or skipped: never one that has passed already. */
export function nextDate(recurrence: Recurrence, position: Position): Step {
  return recurrence.anchor === 'completion'
    ? nextAfterCompletion(recurrence, position)
    : nextOfSchedule(recurrence, position);
}

function nextOfSchedule(recurrence: Recurrence, { planned, now, timeZone }: Position): Step {
  const missed = new Set<string>();
  for (const date of createSchedule(recurrence, timeZone).datesAfter(notLongBefore(now, planned, timeZone))) {
    if (isExcluded(recurrence, date)) continue;
    if (!hasPassed(recurrence, date.at, { now, timeZone })) return { next: date, missed: [...missed] };
    missed.add(date.at.slice(0, 10));
  }
  return { next: null, missed: [...missed] };
}

/** The schedule starts again with the completion, or with the planned date if that is skipped before its time. */
function nextAfterCompletion(recurrence: Recurrence, { planned, now, timeZone, isSkipped, passed }: Position): Step {
  const { count } = createSchedule(recurrence, timeZone);
  if (count !== null && passed + 1 >= count) return { next: null, missed: [] };
  const today = wallTimeAt(now, timeZone).slice(0, 10);
  const base = isSkipped && planned.slice(0, 10) > today ? planned.slice(0, 10) : today;
  const start = { ...recurrence.start, date: base };
  const rule = recurrence.rule
    .split(';')
    .filter((part) => !part.startsWith('COUNT='))
    .join(';');
  for (const date of createSchedule({ ...recurrence, rule, start }, timeZone).datesAfter(wallTimeOf(start))) {
    if (!isExcluded(recurrence, date) && !hasPassed(recurrence, date.at, { now, timeZone })) {
      return { next: date, missed: [] };
    }
  }
  return { next: null, missed: [] };
}

export function isExcluded({ except }: Recurrence, { at }: Planned): boolean {
  return except.includes(at.slice(0, 10));
}

/** Whether a date lies before now: one without a time when its day has begun. */
export function hasPassed(
  { start }: Recurrence,
  at: WallTime,
  { now, timeZone }: Pick<Position, 'now' | 'timeZone'>,
): boolean {
  if (start.time === undefined) return at.slice(0, 10) <= wallTimeAt(now, timeZone).slice(0, 10);
  return zonedTime(at, timeZone).at <= now;
}
