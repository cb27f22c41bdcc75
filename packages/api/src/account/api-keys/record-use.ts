import { type Database, sql } from '@alice/db';
import type { Log } from '../../platform/runtime/log.ts';

/** The use of a key, and its address. */
export interface KeyUse {
  readonly userId: string;
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly address: string | null;
}

/** If more keys than this are used between two writes, their use is recorded a minute later. */
const mostWaiting = 1000;

/**
 * $1 users, $2 keys, $3 times, $4 addresses. Writes at most once per minute and key, over all processes. It skips
 * locked rows, so it never waits. It is not a change: it takes no change number and writes no activity entry.
 */
const write = sql({
  name: 'apiKeys.recordUse',
  text: `
    WITH free AS MATERIALIZED (
      SELECT k.user_id, k.id, u.at, u.address
        FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[]) AS u(user_id, id, at, address)
        JOIN api_keys k ON k.user_id = u.user_id AND k.id = u.id
       WHERE k.ended_at IS NULL AND (k.last_used_at IS NULL OR k.last_used_at <= u.at - interval '1 minute')
         FOR UPDATE OF k SKIP LOCKED
    )
    UPDATE api_keys k SET last_used_at = free.at, last_used_address = free.address
      FROM free WHERE k.user_id = free.user_id AND k.id = free.id`,
});

/**
 * Records the use of keys in the background: one statement at a time, for all keys used in the meantime. Failed writes
 * are dropped; the next use is recorded again.
 */
export function recordUse(db: Pick<Database, 'query'>, log: Log): (use: KeyUse) => void {
  const waiting = new Map<string, KeyUse>();
  let isWriting = false;

  async function writeAll(): Promise<void> {
    while (waiting.size > 0) {
      const uses = [...waiting.values()];
      waiting.clear();
      try {
        await db.query(write, [
          uses.map(({ userId }) => userId),
          uses.map(({ id }) => id),
          uses.map(({ at }) => at),
          uses.map(({ address }) => address),
        ]);
      } catch (error) {
        log.debug({ err: error, keys: uses.length }, 'could not record the use of API keys');
      }
    }
    isWriting = false;
  }

  return (use) => {
    if (waiting.size >= mostWaiting) return;
    waiting.set(use.id, use);
    if (isWriting) return;
    isWriting = true;
    void writeAll();
  };
}
