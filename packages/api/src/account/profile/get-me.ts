import { toWire } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import type { UserOut } from './schemas.ts';
import { shownColumns, toUser } from './to-user.ts';

/** The current user. */
export async function getMe(ctx: UserContext): Promise<UserOut> {
  const row = await ctx.deps.db.prisma.user.findFirst({ where: { id: ctx.user.id }, select: shownColumns });
  if (row === null) throw notFound('user');
  return toUser(toWire(row));
}
