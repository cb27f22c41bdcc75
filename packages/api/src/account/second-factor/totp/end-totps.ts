import { type RunQuery, rowOf, sql } from '@alice/db';
import type { UserContext } from '../../../context.ts';
import { updateRow } from '../../../platform/history/update-rows.ts';
import { totps } from './entity.ts';

/** $1 user, $2 confirmed or unconfirmed. */
const find = sql({
  name: 'totp.live',
  returns: rowOf('totps', 'id'),
  text: `
    SELECT id FROM totps WHERE user_id = $1 AND ended_at IS NULL AND (confirmed_at IS NOT NULL) = $2`,
});

/** Ends the user's confirmed or unconfirmed apps and returns how many. The rows are kept without their secrets. */
export async function endTotps(
  { deps, user }: UserContext,
  which: 'confirmed' | 'unconfirmed',
  action: 'replace' | 'remove',
  query: RunQuery,
): Promise<number> {
  const found = await query<{ id: string }>(find, [user.id, which === 'confirmed']);
  const set = { endedAt: deps.clock.now().toISOString(), sealedSecret: '' };
  for (const { id } of found) await updateRow({ deps, user, query }, totps, { id, action, set });
  return found.length;
}
