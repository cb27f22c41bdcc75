import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import type { PublicUserOut, UserInput } from './schemas.ts';

/** The public profile of a user. Throws NOT_FOUND, also for a disabled user. */
export async function getUser(ctx: UserContext, { id }: UserInput): Promise<PublicUserOut> {
  const row = await ctx.deps.db.prisma.user.findFirst({
    where: { id, disabledAt: null },
    select: { id: true, name: true },
  });
  if (row === null) throw notFound('user');
  return row;
}
