import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { selectRow } from '../../platform/history/columns.ts';
import type { RowOf } from '../../platform/history/entity.ts';
import { apiKeys } from './entity.ts';
import type { ApiKeyInput, ApiKeyOut } from './schemas.ts';
import { toApiKey } from './to-api-key.ts';

const statement = {
  name: 'apiKeys.get',
  text: `SELECT ${selectRow(apiKeys, 't')} FROM api_keys t WHERE t.user_id = $1 AND t.id = $2`,
};

/** One of the user's API keys, active or not. Throws NOT_FOUND. */
export async function getApiKey(ctx: UserContext, { id }: ApiKeyInput): Promise<ApiKeyOut> {
  const [row] = await ctx.deps.db.query<RowOf<typeof apiKeys>>(statement, [ctx.user.id, id]);
  if (row === undefined) throw notFound(apiKeys.noun);
  return toApiKey(row);
}
