import type { RunQuery } from '@alice/db';
import type { Deps } from '../../deps.ts';
import { addLine, type NewLine } from '../../platform/history/add-line.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';

/** Whoever guesses on does not fill the person's history. */
const mostPerHour = 20;
const hourMs = 3_600_000;

/** Something that was tried, or that happened beside the person's rows. */
export type AttemptLine = Omit<NewLine, 'at' | 'atMost'>;

/**
 * Writes a line into a person's history, twenty of its kind an hour at most, in the transaction of `query`: the lock comes
 * first, so that what others write at the same time is counted. Gives whether it was written.
 */
export async function recordAttempt(
  { clock }: Pick<Deps, 'clock'>,
  line: AttemptLine,
  query: RunQuery,
): Promise<boolean> {
  const now = clock.now();
  const atMost = { count: mostPerHour, since: new Date(now.getTime() - hourMs).toISOString() };
  await lockPerson(line.userId, query);
  return addLine(query, { ...line, at: now.toISOString(), atMost });
}
