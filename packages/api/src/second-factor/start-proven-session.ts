import { forgetExpiredKey, repeatStart, startSession } from '../auth/start-session.ts';
import type { StartContext } from '../context.ts';
import { type Proof, useProof } from './use-proof.ts';

type Tokens = Awaited<ReturnType<typeof startSession>>;

/**
 * Uses up a proof and starts a session: both or neither. The same request again, with its idempotency key, gets the same
 * session. Null when the proof was used before by another request.
 */
export async function startProvenSession(ctx: StartContext, proof: Proof): Promise<Tokens | null> {
  const { userId } = proof;
  const tokens = await useProof(ctx, proof, async (query) => {
    // A key of old is to stand in nobody's way: within a transaction, a conflict could not be mended.
    await forgetExpiredKey(ctx, userId, query);
    return startSession(ctx, userId, 'login', query);
  });
  return tokens ?? repeatStart(ctx, userId);
}
