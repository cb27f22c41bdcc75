import type { Deps } from '../../deps.ts';
import { declarePurge, purge } from '../../platform/jobs/purge.ts';

const tokens = declarePurge({ table: 'one_time_tokens', key: ['user_id', 'id'], column: 'expires_at' });
const challenges = declarePurge({ table: 'used_challenges', key: ['hash'], column: 'expires_at' });

/** Deletes expired one-time tokens and used challenges. Returns how many. */
export async function purgeTokens({ db, clock }: Pick<Deps, 'db' | 'clock'>, signal?: AbortSignal): Promise<number> {
  const now = clock.now();
  return (await purge(db, tokens, now, signal)) + (await purge(db, challenges, now, signal));
}
