import { afterCommit } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { condition } from '../../platform/history/condition.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { apiKeys } from './entity.ts';
import type { ApiKeyInput, ApiKeyOut } from './schemas.ts';
import { toApiKey } from './to-api-key.ts';

const isActive = condition('onlyIf', apiKeys, '(p.r).ended_at IS NULL');

/**
 * Revokes an API key: in this process at the commit, in others within a second. An ended key stays unchanged. Throws
 * NOT_FOUND.
 */
export async function revokeApiKey(ctx: UserContext, { id }: ApiKeyInput): Promise<ApiKeyOut> {
  const row = await updateRow(ctx, apiKeys, {
    id,
    action: 'revoke',
    // The column uses the database's clock.
    set: { endedAt: ctx.deps.clock.now().toISOString() },
    onlyIf: isActive,
  });
  // With an idempotency key, the transaction may still be rolled back, and the gate would reject a valid key for
  // minutes.
  afterCommit(ctx.deps.db.query, () => ctx.deps.sessions.end(id));
  return toApiKey(row);
}
