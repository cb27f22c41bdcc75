import type { Deps } from '../deps.ts';
import { keptHours } from './do-once.ts';

const batchSize = 1000;

/** $1 the oldest that counts, $2 how many. The rows of other purges, in other processes, are left to them. */
const purge = {
  name: 'changes.purgeReplies',
  text: `
    DELETE FROM idempotency_keys WHERE (user_id, key) IN (
      SELECT user_id, key FROM idempotency_keys WHERE created_at <= $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING key`,
};

/** Takes away the replies whose keys do not count any more, in small steps. Gives how many they were. */
export async function purgeReplies({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const oldest = new Date(clock.now().getTime() - keptHours * 3_600_000).toISOString();
  for (let purged = 0; ; ) {
    const rows = await db.query(purge, [oldest, batchSize]);
    purged += rows.length;
    if (rows.length < batchSize) return purged;
  }
}
