import type { Deps } from '../../deps.ts';
import { type Purge, purge } from '../../platform/jobs/purge.ts';

/** So long after its last day a session still tells its person's history where it was used from. */
const keptDays = 90;
const dayMs = 86_400_000;

/** Those that were ended before they expired are kept until then, too. */
const sessions: Purge = { table: 'sessions', key: ['user_id', 'id'], column: 'expires_at' };

/**
 * Takes away the sessions that are long over, and with them where they were used from; the lines about them stay in the
 * history. Gives how many they were.
 */
export async function purgeSessions({ db, clock }: Pick<Deps, 'db' | 'clock'>, signal?: AbortSignal): Promise<number> {
  return purge(db, sessions, new Date(clock.now().getTime() - keptDays * dayMs), signal);
}
