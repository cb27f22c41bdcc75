import { sql } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { rowShape, selectRow } from '../../platform/history/columns.ts';
import type { RowOf } from '../../platform/history/entity.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { addKey } from './create-api-key.ts';
import { apiKeys } from './entity.ts';
import { type ApiKeyInput, type CreatedApiKeyOut, replacedHours } from './schemas.ts';
import { toScopes } from './to-api-key.ts';

/** $1 user, $2 key, $3 now. Concurrent rotations of the same key wait here, and then each creates another key. */
const findLive = sql({
  name: 'apiKeys.findLive',
  returns: rowShape(apiKeys),
  text: `
    SELECT ${selectRow(apiKeys, 't')}
      FROM (SELECT FROM change_counters WHERE user_id = $1 FOR UPDATE) counter, api_keys t
     WHERE t.user_id = $1 AND t.id = $2 AND t.ended_at IS NULL AND t.expires_at > $3`,
});

/**
 * Creates a key with the name, scopes and lifetime of another one, which stays valid for 24 hours or until its earlier
 * expiry. Throws NOT_FOUND, also for an ended key, and the errors of creating a key.
 */
export function rotateApiKey(ctx: UserContext, { id }: ApiKeyInput): Promise<CreatedApiKeyOut> {
  return ctx.deps.db.transaction(async ({ query }) => {
    const now = ctx.deps.clock.now();
    const [old] = await query<RowOf<typeof apiKeys>>(findLive, [ctx.user.id, id, now.toISOString()]);
    if (old === undefined) throw notFound(apiKeys.noun);
    const expires = Date.parse(old.expiresAt);
    const lifeMs = expires - Date.parse(old.createdAt);
    const created = await addKey(ctx, { name: old.name, scopes: toScopes(old.scopes), lifeMs }, query);
    const endsAt = Math.min(expires, now.getTime() + replacedHours * 3_600_000);
    // The owner who rotates a key knows about its expiry: no reminder is needed.
    const set = { expiresAt: new Date(endsAt).toISOString(), expiryMailedAt: now.toISOString() };
    await updateRow({ ...ctx, query }, apiKeys, { id, action: 'replace', set });
    return created;
  });
}
