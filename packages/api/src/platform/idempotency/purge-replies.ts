import type { Database } from '@alice/db';
import { declarePurge, purge } from '../jobs/purge.ts';
import type { Clock } from '../runtime/clock.ts';
import { keptHours } from './do-once.ts';

const replies = declarePurge({ table: 'idempotency_keys', key: ['user_id', 'key'], column: 'created_at' });

/** Deletes stored responses whose idempotency keys have expired. Returns how many. */
export async function purgeReplies(
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  signal?: AbortSignal,
): Promise<number> {
  return purge(db, replies, new Date(clock.now().getTime() - keptHours * 3_600_000), signal);
}
