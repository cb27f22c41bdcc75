import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { sessions } from '../sessions/entity.ts';
import { type Proof, useProof } from './use-proof.ts';

/** Consumes a verified factor and marks the session as recently authenticated. Null if the factor was already used. */
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
