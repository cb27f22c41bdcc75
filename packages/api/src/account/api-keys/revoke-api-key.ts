import { afterCommit } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-row.ts';
import { apiKeys } from './entity.ts';
import type { ApiKeyInput, ApiKeyOut } from './schemas.ts';
import { toApiKey } from './to-api-key.ts';

/**
 * Ends an API key for good: here as soon as that commits, on every other process within a second. One that has ended stays as it is.
 * Throws NOT_FOUND.
 */
export async function revokeApiKey(ctx: UserContext, { id }: ApiKeyInput): Promise<ApiKeyOut> {
  const row = await updateRow(ctx, apiKeys, {
    id,
    action: 'revoke',
    // The table says the time, by the database's clock.
    set: { endedAt: ctx.deps.clock.now().toISOString() },
    onlyIf: '(p.r).ended_at IS NULL',
  });
  // Under an idempotency key this may still be taken back, and the gate would refuse a live key for minutes.
  afterCommit(ctx.deps.db.query, () => ctx.deps.sessions.end(id));
  return toApiKey(row);
}
