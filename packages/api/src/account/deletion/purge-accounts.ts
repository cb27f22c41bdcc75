import { type Rows, rowOf, sql } from '@alice/db';
import type { Deps } from '../../deps.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { lockAccounts } from '../admin/lock-accounts.ts';
import { users } from '../profile/entity.ts';
import { endSessions } from '../sessions/end-sessions.ts';

export interface PurgedAccounts {
  /** How many accounts were closed, to be deleted by a later run. */
  readonly shut: number;
  readonly deleted: number;
}

const batchSize = 100;

/** The lifetime of access tokens, plus the longest request and the largest clock difference. */
const marginSeconds = 60;

/** $1 now, $2 after which id, $3 limit. */
const dueAccounts = sql({
  name: 'users.dueAccounts',
  returns: rowOf('users', 'id'),
  text: `
    SELECT id FROM users WHERE deletion_due_at <= $1 AND disabled_at IS NULL AND ($2::uuid IS NULL OR id > $2)
     ORDER BY id LIMIT $3`,
});

/** $4 how many seconds ago they must have been closed. */
const shutAccounts = sql({
  name: 'users.shutAccounts',
  returns: rowOf('users', 'id'),
  text: `
    SELECT id FROM users WHERE deletion_due_at <= $1 AND ($2::uuid IS NULL OR id > $2)
       AND disabled_at <= clock_timestamp() - make_interval(secs => $4)
     ORDER BY id LIMIT $3`,
});

/** $1 user, $2 now, $3 how many seconds ago it must have been closed. */
const deleteAccount = sql({
  name: 'users.deleteAccount',
  returns: rowOf('users', 'id'),
  text: `
    DELETE FROM users WHERE id = $1 AND deletion_due_at <= $2
       AND disabled_at <= clock_timestamp() - make_interval(secs => $3)
    RETURNING id`,
});

/** A large account takes longer than a request may. */
const takeTime = { text: `SET LOCAL statement_timeout = '10min'` };

/**
 * Deletes accounts whose deletion is due, in two steps: it closes the account, so that every process sees that its
 * sessions have ended, and deletes it after the last access token has expired, since nothing could reject that token
 * afterwards. Each account is one transaction that checks again for a cancelled deletion. Failed accounts, and those
 * not started when `signal` aborts, are left for the next run.
 */
export async function purgeAccounts(deps: Deps, signal?: AbortSignal): Promise<PurgedAccounts> {
  const now = deps.clock.now().toISOString();
  const seconds = deps.tokens.accessSeconds + marginSeconds;
  const deleted = await forEach(
    deps,
    (after) => deps.db.query(shutAccounts, [now, after, batchSize, seconds]),
    (id) => deleteOne(deps, id, now, seconds),
    signal,
  );
  const shut = await forEach(
    deps,
    (after) => deps.db.query(dueAccounts, [now, after, batchSize]),
    (id) => shutOne(deps, id, now),
    signal,
  );
  return { shut, deleted };
}

/** Returns for how many accounts `act` was true. */
async function forEach(
  { log }: Deps,
  find: (after: string | null) => Promise<{ readonly id: string }[]>,
  act: (id: string) => Promise<boolean>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const mayGoOn = () => signal?.aborted !== true;
  let count = 0;
  for (let after: string | null = null; mayGoOn(); ) {
    const found: { readonly id: string }[] = await find(after);
    for (const { id } of found) {
      if (!mayGoOn()) break;
      try {
        if (await act(id)) count += 1;
      } catch (error) {
        log.warn({ err: error, userId: id }, 'could not delete an account, the next run will retry');
      }
    }
    after = found.at(-1)?.id ?? null;
    if (found.length < batchSize) break;
  }
  return count;
}

async function shutOne(deps: Deps, id: string, now: string): Promise<boolean> {
  return deps.db.transaction(async ({ query }) => {
    const account = (await lockAccounts(query, [id])).get(id);
    if (account === undefined || account.disabledAt !== null || !isDue(account, now)) return false;
    const theirs = { deps, query, user: { id, sessionId: null } };
    await updateRow(theirs, users, { id, action: 'shut', set: { disabledAt: now } });
    await endSessions(deps, { userId: id, reason: 'disabled', by: null }, query);
    return true;
  });
}

async function deleteOne(deps: Deps, id: string, now: string, seconds: number): Promise<boolean> {
  return deps.db.transaction(async ({ query }) => {
    await query(takeTime, []);
    const account = (await lockAccounts(query, [id])).get(id);
    if (account === undefined || !isDue(account, now)) return false;
    return (await query(deleteAccount, [id, now, seconds])).length === 1;
  });
}

function isDue({ deletionDueAt }: Pick<Rows['users'], 'deletionDueAt'>, now: string): boolean {
  return deletionDueAt !== null && deletionDueAt <= now;
}
