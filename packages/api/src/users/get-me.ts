import type { UserContext } from '../context.ts';
import { notFound } from '../errors.ts';
import type { UserOut } from './schemas.ts';

const select = {
  id: true,
  email: true,
  name: true,
  role: true,
  timeZone: true,
  version: true,
  createdAt: true,
  updatedAt: true,
} as const;

/** The person who asks. */
export async function getMe(ctx: UserContext): Promise<UserOut> {
  const row = await ctx.deps.db.prisma.user.findUnique({ where: { id: ctx.user.id }, select });
  if (row === null) throw notFound('user');
  return { ...row, createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString() };
}
