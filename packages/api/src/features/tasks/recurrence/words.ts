import { RRuleTemporal } from 'rrule-temporal';
import { toText } from 'rrule-temporal/totext';
import { lateDays, storedRule, wallTimeOf } from './schedule.ts';
import type { Recurrence } from './schemas.ts';

/** A recurrence in English: "every month on the 31st day of the month, or on the last day of a shorter month". */
export function inWords({ rule: text, anchor, monthEnd, start, except }: Recurrence): string {
  const rule = storedRule(text);
  // The library's words for UNTIL name its day alone, and it wants a UTC time for it.
  const parts = [...rule.parts].map(([name, value]) => [name, name === 'UNTIL' ? value.slice(0, 8) : value].join('='));
  const first = wallTimeOf(start);
  const rruleString = `DTSTART:${first.replace(/[-:]/g, '')}00Z\nRRULE:${parts.join(';')}`;
  const words = [toText(new RRuleTemporal({ rruleString }), 'en', { excludeTzAbbreviation: true })];
  if (lateDays(rule, first).length > 0) {
    words.push(monthEnd === 'clamp' ? 'or on the last day of a shorter month' : 'but not in shorter months');
  }
  if (anchor === 'completion') words.push('counted from the day of completion');
  if (except.length > 0) words.push(`except on ${except.join(', ')}`);
  return words.join(', ');
}
