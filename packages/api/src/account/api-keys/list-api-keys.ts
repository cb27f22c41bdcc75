import { toWire } from '@alice/db';
import { z } from 'zod';
import type { UserContext } from '../../context.ts';
import { id } from '../../platform/schemas/ids.ts';
import { decodeCursor, type Page, pageOf } from '../../platform/schemas/keyset.ts';
import type { ApiKeyOut, ListApiKeysInput } from './schemas.ts';
import { shownColumns, toApiKey } from './to-api-key.ts';

const order = 'id.desc';
const shape = z.tuple([id]);

/** One page of the user's API keys, newest first (ids are UUIDv7): the active ones, or all. */
export async function listApiKeys(
  ctx: UserContext,
  { includeEnded, limit, cursor }: ListApiKeysInput,
): Promise<Page<ApiKeyOut>> {
  const [lastId] = cursor === undefined ? [] : decodeCursor(cursor, order, shape);
  const rows = await ctx.deps.db.prisma.apiKey.findMany({
    where: {
      userId: ctx.user.id,
      ...(includeEnded ? {} : { endedAt: null, expiresAt: { gt: ctx.deps.clock.now() } }),
      ...(lastId === undefined ? {} : { id: { lt: lastId } }),
    },
    select: shownColumns,
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return pageOf(rows.map(toWire), limit, toApiKey, (last) => ({ order, values: [last.id] }));
}
