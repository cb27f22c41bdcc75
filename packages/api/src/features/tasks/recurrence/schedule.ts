import { RRuleTemporal } from 'rrule-temporal';
import { addDays, type WallTime, wallTimeAt } from '../../../platform/runtime/zoned-time.ts';
import { parseRule, type Rule } from './rule.ts';
import type { Recurrence } from './schemas.ts';

/** A date of a schedule. */
export interface Planned {
  readonly at: WallTime;
  /** The day that the rule asks for, if the month is too short for it and its last day is taken instead. */
  readonly shortOf: number | null;
}

type Pattern = Pick<Recurrence, 'rule' | 'monthEnd' | 'start'>;

/** A schedule on the wall clock: time zones and changes of the clock play no part in it. */
export interface Schedule {
  /** The dates after a time, or from the first one if it is null, in their order. */
  datesAfter(after: WallTime | null): Generator<Planned>;
  readonly count: number | null;
}

/** Dates after this year are none: the database's calendar ends there. */
const lastYear = 9998;

/** A rule for the library, and the day of the month that it stands for if months may be too short for that. */
interface Plan {
  readonly rule: string;
  readonly wanted: number | null;
}

/**
 * The schedule of a recurrence. COUNT, UNTIL and short months are ours; the rest of RFC 5545 is the library's. It gets
 * all times as UTC, so that no change of the clock can touch them. `timeZone` is for an UNTIL in UTC.
 */
export function createSchedule({ rule: text, monthEnd, start }: Pattern, timeZone: string): Schedule {
  const rule = storedRule(text);
  const first = wallTimeOf(start);
  const plans = monthEnd === 'clamp' ? clampedPlans(rule, first) : [plainPlan(rule)];
  const until = rule.until === null ? null : endOf(rule.until, timeZone);

  function* ofRule(after: WallTime | null): Generator<Planned> {
    for (const planned of merged(plans.map((plan) => datesOf(plan, first, rule.count === null ? after : null)))) {
      if (until !== null && planned.at > until) return;
      yield planned;
    }
  }
  function* datesAfter(after: WallTime | null): Generator<Planned> {
    let seen = 0;
    for (const planned of ofRule(after)) {
      if (after === null || planned.at > after) yield planned;
      seen += 1;
      if (rule.count !== null && seen >= rule.count) return;
    }
  }
  return { datesAfter, count: rule.count };
}

export function wallTimeOf({
  date,
  time = '00:00',
}: {
  readonly date: string;
  readonly time?: string | undefined;
}): WallTime {
  return `${date}T${time}`;
}

/** A rule that the schema has checked. */
export function storedRule(text: string): Rule {
  const rule = parseRule(text);
  if (typeof rule === 'string') throw new Error(`a stored rule is wrong: ${rule}`);
  return rule;
}

/** The days of the month after the 28th that the rule asks for, if nothing but them decides the days. */
export function lateDays({ freq, parts, byMonthDay }: Rule, first: WallTime): number[] {
  if (freq !== 'MONTHLY' && freq !== 'YEARLY') return [];
  if (['BYDAY', 'BYWEEKNO', 'BYYEARDAY', 'BYSETPOS'].some((name) => parts.has(name))) return [];
  return (byMonthDay ?? [Number(first.slice(8, 10))]).filter((day) => day > 28);
}

function plainPlan(rule: Rule): Plan {
  return { rule: written(rule), wanted: null };
}

/** The rule without what is counted here, with these parts in place of its own. */
function written({ parts }: Rule, own: Readonly<Record<string, readonly number[] | null>> = {}): string {
  const kept = [...parts].filter(([name]) => name !== 'COUNT' && name !== 'UNTIL' && !(name in own));
  const added = Object.entries(own).flatMap(([name, value]) => (value === null ? [] : [[name, value.join(',')]]));
  return [...kept, ...added].map(([name, value]) => `${name}=${value}`).join(';');
}

/**
 * RFC 5545 leaves out months that are too short. For "the 31st, or the last day": of the days from 28 to 31 the last that
 * the month has. The library's own SKIP=BACKWARD (RFC 7529) leaves these months out, too.
 */
function clampedPlans(rule: Rule, first: WallTime): Plan[] {
  const late = lateDays(rule, first);
  if (late.length === 0) return [plainPlan(rule)];
  const others = (rule.byMonthDay ?? []).filter((day) => day <= 28);
  const plainPlans = others.length === 0 ? [] : [{ rule: written(rule, { BYMONTHDAY: others }), wanted: null }];
  const lastOfMonth = Array.from({ length: rule.timesADay }, (_, index) => index - rule.timesADay);
  const months = rule.freq === 'MONTHLY' ? [rule.byMonth] : monthsOf(rule, first).map((month) => [month]);
  const clamped = late.flatMap((wanted) =>
    months.map((month) => ({
      rule: written(rule, {
        BYMONTH: month,
        BYMONTHDAY: Array.from({ length: wanted - 27 }, (_, index) => 28 + index),
        BYSETPOS: lastOfMonth,
      }),
      wanted,
    })),
  );
  return [...plainPlans, ...clamped];
}

function monthsOf({ byMonth, byMonthDay }: Rule, first: WallTime): readonly number[] {
  if (byMonth !== null) return byMonth;
  return byMonthDay === null ? [Number(first.slice(5, 7))] : Array.from({ length: 12 }, (_, index) => index + 1);
}

/**
 * How far the library looks for the next date: a rule that has none may not keep all others waiting. With its own limits
 * such a search takes up to 7 s, with these less than a tenth of one. Leap days are up to 2,922 days apart.
 */
const searchLimits = { maxIterations: 3000, maxCandidateEvaluations: 1000 };

function* datesOf({ rule: text, wanted }: Plan, first: WallTime, after: WallTime | null): Generator<Planned> {
  const rruleString = `DTSTART:${first.replace(/[-:]/g, '')}00Z\nRRULE:${text}`;
  const rule = new RRuleTemporal({ rruleString, ...searchLimits });
  let from = after === null || after < first ? first : after;
  let isFirst = from === first && (after === null || after < first);
  for (let count = 1; ; count += 1) {
    const found = nextOf(rule, from, isFirst);
    if (found === null) return;
    // Most callers need one date or two. Who reads on gets a month at once, at a tenth of the time for each date.
    const dates = count < 3 ? [found] : [found, ...datesUntil(rule, found, `${addDays(found.slice(0, 10), 31)}T00:00`)];
    for (const at of dates) {
      const day = Number(at.slice(8, 10));
      yield { at, shortOf: wanted !== null && day < wanted ? wanted : null };
      from = at;
    }
    isFirst = false;
  }
}

/** The dates after a time and before another one, which are at most a month apart. */
function datesUntil(rule: RRuleTemporal, after: WallTime, end: WallTime): WallTime[] {
  try {
    const found = rule.between(new Date(`${after}:00Z`), new Date(`${end}:00Z`));
    return found.filter(({ year }) => year <= lastYear).map((date) => date.toString().slice(0, 16));
  } catch (error) {
    // The next search finds them one by one.
    if (isSearchEnd(error)) return [];
    throw error;
  }
}

function nextOf(rule: RRuleTemporal, after: WallTime, inclusive: boolean): WallTime | null {
  try {
    const found = rule.next(new Date(`${after}:00Z`), inclusive);
    return found === null || found.year > lastYear ? null : found.toString().slice(0, 16);
  } catch (error) {
    if (isSearchEnd(error)) return null;
    throw error;
  }
}

/** The library has looked as far as it may, or has left its calendar. */
function isSearchEnd(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && error.message.startsWith('Maximum'));
}

/** The dates of all in their order, each once. */
function* merged(sources: readonly Generator<Planned>[]): Generator<Planned> {
  const heads = sources.map((source) => ({ source, head: source.next() }));
  for (;;) {
    let least: Planned | null = null;
    for (const { head } of heads) {
      if (!head.done && (least === null || head.value.at < least.at)) least = head.value;
      else if (!head.done && least !== null && head.value.at === least.at && head.value.shortOf === null)
        least = head.value;
    }
    if (least === null) return;
    yield least;
    for (const entry of heads) {
      if (!entry.head.done && entry.head.value.at === least.at) entry.head = entry.source.next();
    }
  }
}

/** The last moment of a rule with this UNTIL. */
function endOf(until: string, timeZone: string): WallTime {
  const date = `${until.slice(0, 4)}-${until.slice(4, 6)}-${until.slice(6, 8)}`;
  if (until.length === 8) return `${date}T23:59`;
  const time = `${until.slice(9, 11)}:${until.slice(11, 13)}`;
  return until.endsWith('Z') ? wallTimeAt(new Date(`${date}T${time}:00Z`), timeZone) : `${date}T${time}`;
}
