import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import type { PublicUserOut, UserInput } from './schemas.ts';

const statement = {
  name: 'users.get',
  text: 'SELECT id, name FROM users WHERE id = $1 AND disabled_at IS NULL',
};

/** The public profile of a user. Throws NOT_FOUND, also for a disabled user. */
export async function getUser(ctx: UserContext, { id }: UserInput): Promise<PublicUserOut> {
  const [row] = await ctx.deps.db.query<PublicUserOut>(statement, [id]);
  if (row === undefined) throw notFound('user');
  return row;
}
