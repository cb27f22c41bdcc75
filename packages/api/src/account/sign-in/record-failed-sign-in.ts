import type { Deps } from '../../deps.ts';
import type { Job } from '../../platform/jobs/create-job-queue.ts';
import type { JobData } from '../../platform/jobs/job-queue.ts';
import { recordAttempt } from '../activity/record-attempt.ts';

/** Whatever a client calls itself. */
const longestUserAgent = 500;

const findAccount = { name: 'auth.accountId', text: 'SELECT id FROM users WHERE email = $1' };

/**
 * Notes a sign-in that failed in the history of the account with this address, if there is one. The job's id is the
 * line's, so that a job that is done again adds no second one; a line about a passkey has the passkey's id, and may come
 * twice. Gives whether a line was written.
 */
export async function recordFailedSignIn(
  { db, clock, changes }: Pick<Deps, 'db' | 'clock' | 'changes'>,
  { id, data }: Job<JobData['failed-sign-in']>,
): Promise<boolean> {
  const [account] = await db.query<{ id: string }>(findAccount, [data.email]);
  if (account === undefined) return false;
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

/** Text that the database can keep, whatever the client sent. */
function shortened(userAgent: string | null): string | null {
  return userAgent?.slice(0, longestUserAgent).replaceAll('\u0000', '').toWellFormed() ?? null;
}
