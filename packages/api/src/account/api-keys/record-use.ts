import type { Database } from '@alice/db';
import type { Log } from '../../platform/runtime/log.ts';

/** That a key was used, and from where. */
export interface KeyUse {
  readonly userId: string;
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly address: string | null;
}

/** More keys than these in the time of one write: their use shows a minute later. */
const mostWaiting = 1000;

/**
 * $1 persons, $2 keys, $3 times, $4 addresses. At most once a minute and key over all processes; a row that somebody
 * holds is left alone, so this waits for nobody and nobody waits for it. No number and no line: it is no change.
 */
const write = {
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
};

/**
 * Writes down, in the background, when keys were used: one statement at a time, for all that were used in the meantime.
 * What cannot be written is forgotten; the next use tells it anew.
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
