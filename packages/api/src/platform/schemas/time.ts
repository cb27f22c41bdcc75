import { z } from 'zod';
import { canonicalTimeZone } from './time-zone-names.ts';

/**
 * A timestamp in an output: an ISO 8601 string in UTC with milliseconds on the wire, a `Date` in the SDK. The cast
 * states the SDK's type. Its guarantee: the SDK converts every string whose key ends in `At`, and a test checks that
 * exactly the fields of this type have such a key.
 */
export const instant = z.string().length(24).meta({ format: 'date-time' }) as unknown as z.ZodType<Date, string>;

const dayCount = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** A calendar date `YYYY-MM-DD`, years 1 to 9998; it has no time zone and is a string everywhere. */
export const calendarDate = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date like 2026-11-22')
  .refine((value) => {
    const [year = 0, month = 0, day = 0] = value.split('-').map(Number);
    return year >= 1 && year <= 9998 && month >= 1 && month <= 12 && day >= 1 && day <= dayCount(year, month);
  }, 'must be a valid calendar date')
  .meta({ format: 'date' });

/** A calendar date in an output. */
export const day = z.string().meta({ format: 'date' });

/** Wall-clock time `HH:MM`, 00:00 to 23:59. */
export const wallTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like 09:30')
  .meta({ description: 'Wall-clock time.', examples: ['09:30'] });

/** An IANA time zone, stored under its canonical name, whichever alias the client sent. */
export const timeZone = z
  .string()
  .max(64)
  .overwrite((name) => canonicalTimeZone(name) ?? name)
  .refine((name) => canonicalTimeZone(name) !== null, 'must be an IANA time zone like Europe/Berlin')
  .meta({ description: 'An IANA time zone.', examples: ['Europe/Berlin'] });

/** A time zone in an output. */
export const zoneName = z.string().meta({ examples: ['Europe/Berlin'] });
