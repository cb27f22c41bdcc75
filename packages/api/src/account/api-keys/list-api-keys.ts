import { z } from 'zod';
import type { UserContext } from '../../context.ts';
import { selectRow } from '../../platform/history/columns.ts';
import type { RowOf } from '../../platform/history/entity.ts';
import { id } from '../../platform/schemas/ids.ts';
import { decodeCursor, type Page, pageOf } from '../../platform/schemas/keyset.ts';
import { apiKeys } from './entity.ts';
import type { ApiKeyOut, ListApiKeysInput } from './schemas.ts';
import { toApiKey } from './to-api-key.ts';

const order = 'id.desc';
const shape = z.tuple([id]);

/**
 * $1 user, $2 include ended keys, $3 now, $4 where the last page ended or null, $5 limit. Ids are UUIDv7 and so ordered
 * by time.
 */
const statement = {
  name: 'apiKeys.list',
  text: `
    SELECT ${selectRow(apiKeys, 't')} FROM api_keys t
     WHERE t.user_id = $1 AND ($2 OR (t.ended_at IS NULL AND t.expires_at > $3))
       AND ($4::uuid IS NULL OR t.id < $4)
     ORDER BY t.id DESC LIMIT $5`,
};

/** One page of the user's API keys, newest first: the active ones, or all. */
export async function listApiKeys(
  ctx: UserContext,
  { includeEnded, limit, cursor }: ListApiKeysInput,
): Promise<Page<ApiKeyOut>> {
  const [lastId] = cursor === undefined ? [null] : decodeCursor(cursor, order, shape);
  const now = ctx.deps.clock.now().toISOString();
  const values = [ctx.user.id, includeEnded, now, lastId, limit + 1];
  const rows = await ctx.deps.db.query<RowOf<typeof apiKeys>>(statement, values);
  return pageOf(rows, limit, toApiKey, (last) => ({ order, values: [last.id] }));
}
