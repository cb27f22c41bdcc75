import { afterCommit, type RunQuery, sql, types } from '@alice/db';
import type { Deps } from '../../deps.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import type { ChangeContext } from '../../platform/history/write-context.ts';
import { apiKeys } from '../api-keys/entity.ts';
import { passkeys } from '../second-factor/passkeys/entity.ts';
import { deleteRecoveryCodes } from '../second-factor/recovery-codes/create-recovery-codes.ts';
import { totps } from '../second-factor/totp/entity.ts';

/** Other credentials of the account. Removed rows are kept for the history, without their secrets. */
const find = sql({
  name: 'auth.credentials',
  returns: { kind: types.oneOf(['api_key', 'passkey', 'totp']), id: types.uuid },
  text: `
    SELECT 'api_key' AS kind, id FROM api_keys WHERE user_id = $1 AND ended_at IS NULL
    UNION ALL SELECT 'passkey', id FROM passkeys WHERE user_id = $1 AND ended_at IS NULL
    UNION ALL SELECT 'totp', id FROM totps WHERE user_id = $1 AND ended_at IS NULL`,
});

/** Removes all credentials except the password: the account was created by someone else. */
export async function removeCredentials(
  ctx: ChangeContext & { readonly deps: Pick<Deps, 'sessions'> },
  query: RunQuery,
): Promise<void> {
  const { deps, user } = ctx;
  const endedAt = deps.clock.now().toISOString();
  const found = await query<{ kind: 'api_key' | 'passkey' | 'totp'; id: string }>(find, [user.id]);
  for (const { kind, id } of found) {
    const change = { id, action: 'remove_unproven', set: { endedAt } };
    if (kind === 'api_key') {
      await updateRow(ctx, apiKeys, change);
      afterCommit(query, () => deps.sessions.end(id));
    } else if (kind === 'passkey') await updateRow(ctx, passkeys, change);
    else await updateRow(ctx, totps, { ...change, set: { endedAt, sealedSecret: '' } });
  }
  await deleteRecoveryCodes(user.id, query);
}
