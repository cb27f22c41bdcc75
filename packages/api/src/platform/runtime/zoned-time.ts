import { Temporal } from 'temporal-polyfill';

/** A date and time on the wall clock, without a zone: `2027-03-14T02:30`. It sorts as text. */
export type WallTime = string;

export interface ZonedTime {
  readonly at: Date;
  /** What the wall clock shows then. It differs from the time that was asked for if that does not exist. */
  readonly wallTime: WallTime;
  /** Whether the wall clock shows this time twice on that day. */
  readonly isRepeated: boolean;
}

/**
 * The instant of a wall-clock time in an IANA zone, as RFC 5545 (3.3.5) reads it: a time that a change of the clock skips
 * is as long after the change as it was meant to be after midnight; of a time that occurs twice, the first.
 */
export function zonedTime(wallTime: WallTime, timeZone: string): ZonedTime {
  const local = Temporal.PlainDateTime.from(wallTime);
  const zoned = local.toZonedDateTime(timeZone, { disambiguation: 'compatible' });
  const later = local.toZonedDateTime(timeZone, { disambiguation: 'later' });
  const shown = zoned.toPlainDateTime();
  return {
    at: new Date(zoned.epochMilliseconds),
    wallTime: shown.toString({ smallestUnit: 'minute' }),
    isRepeated: shown.equals(local) && !later.equals(zoned),
  };
}

/** What the wall clock in the zone shows at an instant, cut to minutes. */
export function wallTimeAt(at: Date, timeZone: string): WallTime {
  const zoned = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone);
  return zoned.toPlainDateTime().toString({ smallestUnit: 'minute', roundingMode: 'floor' });
}

/** The date this many days later, or earlier if negative. */
export function addDays(date: string, days: number): string {
  return Temporal.PlainDate.from(date).add({ days }).toString();
}

/** The days from one date to another; negative if that is earlier. */
export function daysBetween(from: string, to: string): number {
  return Temporal.PlainDate.from(from).until(to, { largestUnit: 'days' }).days;
}
