import type { Deps } from '../deps.ts';

const batchSize = 1000;

/** $1 now, $2 how many. The rows of other purges, in other processes, are left to them. */
const purges = [
  {
    name: 'auth.purgeTokens',
    text: `
      DELETE FROM one_time_tokens WHERE (user_id, id) IN (
        SELECT user_id, id FROM one_time_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
      RETURNING id`,
  },
  {
    name: 'auth.purgeChallenges',
    text: `
      DELETE FROM used_challenges WHERE hash IN (
        SELECT hash FROM used_challenges WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
      RETURNING expires_at`,
  },
];

/** Takes away the tokens of mails, and the challenges that were answered, that have expired. Gives how many they were. */
export async function purgeTokens({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const now = clock.now().toISOString();
  let purged = 0;
  for (const purge of purges) {
    for (;;) {
      const rows = await db.query(purge, [now, batchSize]);
      purged += rows.length;
      if (rows.length < batchSize) break;
    }
  }
  return purged;
}
