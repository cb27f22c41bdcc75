import type { RunQuery } from '@alice/db';
import type { Deps } from '../../deps.ts';
import { addLine, type NewLine } from '../../platform/history/add-line.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';

/** Limits the entries of an attacker who keeps guessing. */
const mostPerHour = 20;
const hourMs = 3_600_000;

/** An attempt, or an event that changes none of the user's rows. */
export type AttemptLine = Omit<NewLine, 'at' | 'atMost'>;

/**
 * Writes an activity entry, at most twenty of its kind per hour, in the transaction of `query`: it locks first, so that
 * concurrent entries are counted. Returns whether it was written.
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
