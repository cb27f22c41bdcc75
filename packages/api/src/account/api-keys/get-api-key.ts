import { toWire } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { apiKeys } from './entity.ts';
import type { ApiKeyInput, ApiKeyOut } from './schemas.ts';
import { shownColumns, toApiKey } from './to-api-key.ts';

/** One of the user's API keys, active or not. Throws NOT_FOUND. */
export async function getApiKey(ctx: UserContext, { id }: ApiKeyInput): Promise<ApiKeyOut> {
  const where = { userId: ctx.user.id, id };
  const row = await ctx.deps.db.prisma.apiKey.findFirst({ where, select: shownColumns });
  if (row === null) throw notFound(apiKeys.noun);
  return toApiKey(toWire(row));
}
