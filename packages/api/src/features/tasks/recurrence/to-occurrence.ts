import type { Rows } from '@alice/db';
import type { OccurrenceOut } from './schemas.ts';

/** Converts a row to its wire form. */
export function toOccurrence(row: Rows['occurrences']): OccurrenceOut {
  const { plannedDate, plannedTime, userId: _, ...same } = row;
  const planned = plannedTime === null ? { date: plannedDate } : { date: plannedDate, time: plannedTime.slice(0, 5) };
  return { ...same, planned };
}
