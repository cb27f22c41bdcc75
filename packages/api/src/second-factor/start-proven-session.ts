import type { RunQuery } from '@alice/db';
import { repeatStart, startSession } from '../auth/start-session.ts';
import { keptHours } from '../changes/do-once.ts';
import type { StartContext } from '../context.ts';
import { type Proof, useProof } from './use-proof.ts';

type Tokens = Awaited<ReturnType<typeof startSession>>;

/** $1 person, $2 key, $3 the oldest that counts. */
const forgetExpired = {
  name: 'secondFactor.forgetStartKey',
  text: `
    UPDATE sessions SET start_key = NULL, start_hash = NULL
     WHERE user_id = $1 AND start_key = $2 AND created_at <= $3`,
};

/**
 * Uses up a proof and starts a session: both or neither. The same request again, with its idempotency key, gets the same
 * session. Null when the proof was used before by another request.
 */
export async function startProvenSession(ctx: StartContext, proof: Proof): Promise<Tokens | null> {
  const { userId } = proof;
  const tokens = await useProof(ctx, proof, async (query) => {
    await forgetExpiredKey(ctx, userId, query);
    return startSession(ctx, userId, 'login', query);
  });
  return tokens ?? repeatStart(ctx, userId);
}

/** So that a key of old stands in nobody's way: within a transaction, a conflict could not be mended. */
async function forgetExpiredKey({ deps, start }: StartContext, userId: string, query: RunQuery): Promise<void> {
  if (start === null) return;
  const oldest = new Date(deps.clock.now().getTime() - keptHours * 3_600_000);
  await query(forgetExpired, [userId, start.key, oldest.toISOString()]);
}
