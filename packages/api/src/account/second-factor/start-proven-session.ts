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
 * Consumes a verified factor and starts a session, in one transaction. A repeated request with its idempotency key gets
 * the same session. Null if another request has used the factor.
 */
export async function startProvenSession(ctx: StartContext, proof: Proof): Promise<TokensOut | null> {
  const { userId } = proof;
  const repeated = await repeatStart(ctx, userId);
  if (repeated !== null) return repeated;
  const session = await prepareSession(ctx, userId);
  try {
    const tokens = await useProof(ctx, proof, async (query) => {
      // Release an expired idempotency key: a conflict would abort this transaction.
      await forgetExpiredKey(ctx, userId, query);
      return insertSession(ctx, session, 'login', query);
    });
    return tokens ?? (await repeatStart(ctx, userId));
  } catch (error) {
    if (!isStartKeyTaken(error)) throw error;
    return repeatStart(ctx, userId);
  }
}
