import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-row.ts';
import { sessions } from '../sessions/entity.ts';
import { type Proof, useProof } from './use-proof.ts';

/** Uses up a proof and marks the session as one whose person has just shown who they are. Null when it was used before. */
export function confirmWithProof(ctx: UserContext, proof: Proof): Promise<{ ok: true } | null> {
  const { deps, user } = ctx;
  return useProof(ctx, proof, async (query) => {
    const authenticatedAt = deps.clock.now().toISOString();
    await updateRow({ deps, user, query }, sessions, {
      id: user.sessionId,
      action: 'confirm',
      set: { authenticatedAt },
    });
    return { ok: true } as const;
  });
}
