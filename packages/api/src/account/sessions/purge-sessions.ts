import type { Deps } from '../../deps.ts';
import { declarePurge, purge } from '../../platform/jobs/purge.ts';

/** How long the address and the device of a session are kept after it expired. */
const keptDays = 90;
const dayMs = 86_400_000;

/** Revoked sessions are kept just as long, counted from their expiry. */
const sessions = declarePurge({ table: 'sessions', key: ['user_id', 'id'], column: 'expires_at' });

/**
 * Deletes sessions that expired long ago, with their address and device; their activity entries are kept. Returns how
 * many.
 */
export async function purgeSessions({ db, clock }: Pick<Deps, 'db' | 'clock'>, signal?: AbortSignal): Promise<number> {
  return purge(db, sessions, new Date(clock.now().getTime() - keptDays * dayMs), signal);
}
