import type { Deps } from '../../deps.ts';
import type { Job } from '../../platform/jobs/create-job-queue.ts';
import type { JobData } from '../../platform/jobs/job-queue.ts';
import { recordAttempt } from '../activity/record-attempt.ts';

/** The User-Agent header can be of any length. */
const longestUserAgent = 500;

/**
 * Records a failed sign-in in the security history of the account with this address, if there is one. The activity
 * entry has the job's id, so a repeated job adds no second entry; an entry about a passkey has the passkey's id and may
 * be added twice. Returns whether an entry was written.
 */
export async function recordFailedSignIn(
  { db, clock, changes }: Pick<Deps, 'db' | 'clock' | 'changes'>,
  { id, data }: Job<JobData['failed-sign-in']>,
): Promise<boolean> {
  const account = await db.prisma.user.findFirst({ where: { email: data.email }, select: { id: true } });
  if (account === null) return false;
  const { passkey } = data;
  const line = {
    userId: account.id,
    actorId: account.id,
    sessionId: passkey?.sessionId ?? null,
    entity: passkey === undefined ? 'session' : 'passkey',
    entityId: passkey?.id ?? id,
    action: data.action ?? 'failed_login',
    after: { address: data.address, userAgent: shortened(data.userAgent), at: data.at },
    isOnce: passkey === undefined,
  } as const;
  const isNew = await db.transaction(({ query }) => recordAttempt({ clock }, line, query));
  if (isNew) changes.announce(account.id);
  return isNew;
}

/** Removes characters that the database cannot store. */
function shortened(userAgent: string | null): string | null {
  return userAgent?.slice(0, longestUserAgent).replaceAll('\u0000', '').toWellFormed() ?? null;
}
