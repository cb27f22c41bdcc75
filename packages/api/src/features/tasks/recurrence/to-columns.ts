import { invalid } from '../../../errors/domain-error.ts';
import type { NewRow } from '../../../platform/history/entity.ts';
import type { Due } from '../due/schemas.ts';
import type { tasks } from '../entity.ts';
import { parseRule } from './rule.ts';
import { createSchedule } from './schedule.ts';
import type { Recurrence, RecurrenceInput } from './schemas.ts';

type RecurrenceColumns = Pick<NewRow<typeof tasks>, 'recurrence' | 'plannedFor'>;

/**
 * The columns of a recurrence that starts with this due date. Throws VALIDATION_FAILED if there is no due date, if only
 * one of the two has a time, or if the rule has no date.
 */
export function toColumns(input: RecurrenceInput | null, due: Due | null): RecurrenceColumns {
  if (input === null) return { recurrence: null, plannedFor: null };
  const recurrence = completed(input, due);
  if (due === null) throw invalid('due', 'is required for a recurrence');
  return {
    recurrence: { ...recurrence, start: { ...recurrence.start } } as RecurrenceColumns['recurrence'],
    plannedFor: plannedColumn(due),
  };
}

/** A recurrence with its defaults. Throws VALIDATION_FAILED for one that does not fit the due date. */
export function completed({ start, ...rest }: RecurrenceInput, due: Due | null): Recurrence {
  if (due === null) throw invalid('due', 'is required for a recurrence');
  const from = start ?? due;
  if ((from.time === undefined) !== (due.time === undefined)) {
    throw invalid('recurrence.start', 'must have a time if the due date has one, and none otherwise');
  }
  const recurrence = {
    ...rest,
    start: from.time === undefined ? { date: from.date } : { date: from.date, time: from.time },
  };
  const rule = parseRule(rest.rule);
  const setsTime = typeof rule !== 'string' && (rule.parts.has('BYHOUR') || rule.parts.has('BYMINUTE'));
  if (setsTime && from.time === undefined) throw invalid('recurrence.rule', 'BYHOUR and BYMINUTE require a due time');
  if (createSchedule(recurrence, 'UTC').datesAfter(null).next().done) throw invalid('recurrence.rule', 'has no date');
  return recurrence;
}

/** The column of a planned date. */
export function plannedColumn({
  date,
  time = '00:00',
}: {
  readonly date: string;
  readonly time?: string | undefined;
}): string {
  return `${date} ${time}:00`;
}
