import type { StartContext } from '../../context.ts';
import type { TokensOut } from '../sessions/schemas.ts';
import {
  forgetExpiredKey,
  insertSession,
  isStartKeyTaken,
  prepareSession,
  repeatStart,
} from '../sessions/start-session.ts';
import { type Proof, useProof } from './use-proof.ts';

/**
 * Uses up a proof and starts a session: both or neither. The same request again, with its idempotency key, gets the same
 * session. Null when the proof was used before by another request.
 */
export async function startProvenSession(ctx: StartContext, proof: Proof): Promise<TokensOut | null> {
  const { userId } = proof;
  const repeated = await repeatStart(ctx, userId);
  if (repeated !== null) return repeated;
  const session = await prepareSession(ctx, userId);
  try {
    const tokens = await useProof(ctx, proof, async (query) => {
      // An expired key would be a conflict, which fails the transaction.
      await forgetExpiredKey(ctx, userId, query);
      return insertSession(ctx, session, 'login', query);
    });
    return tokens ?? (await repeatStart(ctx, userId));
  } catch (error) {
    if (!isStartKeyTaken(error)) throw error;
    return repeatStart(ctx, userId);
  }
}
