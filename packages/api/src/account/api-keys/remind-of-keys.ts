import { sql, types } from '@alice/db';
import type { Deps } from '../../deps.ts';

/** How long before the expiry of a key its owner is reminded. */
const noticeDays = 7;
const batchSize = 100;

/**
 * $1 now, $2 latest expiry to remind of, $3 limit. A key with a short lifetime is reminded of in its second half.
 * Owners with an unverified address are skipped until they verify it. Rows that another process has locked are skipped.
 */
const mark = sql({
  name: 'apiKeys.markExpiring',
  returns: { to: types.text, name: types.text, keyName: types.text, at: types.instant },
  text: `
    WITH due AS MATERIALIZED (
      SELECT k.user_id, k.id, u.email, u.name AS owner
        FROM api_keys k JOIN users u ON u.id = k.user_id
       WHERE k.expires_at > $1 AND k.expires_at <= $2 AND k.expiry_mailed_at IS NULL AND k.ended_at IS NULL
         AND k.expires_at - $1::timestamptz <= $1 - k.created_at AND u.disabled_at IS NULL AND u.email_verified_at IS NOT NULL
       ORDER BY k.expires_at LIMIT $3 FOR UPDATE OF k SKIP LOCKED
    )
    UPDATE api_keys k SET expiry_mailed_at = $1 FROM due WHERE k.user_id = due.user_id AND k.id = due.id
    RETURNING due.email AS to, due.owner AS name, k.name AS "keyName", k.expires_at AS at`,
});

interface DueRow {
  readonly to: string;
  readonly name: string;
  readonly keyName: string;
  readonly at: string;
}

/**
 * Sends one reminder mail for each key that expires within a week: the mark and the mail commit together. There is no
 * rate limit, since keys are few. Several processes may run it at the same time. Returns the number of keys.
 */
export async function remindOfKeys(
  { db, clock, jobs }: Pick<Deps, 'db' | 'clock' | 'jobs'>,
  signal?: AbortSignal,
): Promise<number> {
  const now = clock.now();
  const last = new Date(now.getTime() + noticeDays * 86_400_000);
  let reminded = 0;
  while (signal?.aborted !== true) {
    const count = await db.transaction(async ({ query }) => {
      const due = await query<DueRow>(mark, [now.toISOString(), last.toISOString(), batchSize]);
      for (const mail of due) await jobs.send('mail', { kind: 'api-key-expires', ...mail }, { query });
      return due.length;
    });
    reminded += count;
    if (count < batchSize) break;
  }
  return reminded;
}
