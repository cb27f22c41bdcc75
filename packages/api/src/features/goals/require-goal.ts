import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';

const statement = {
  name: 'goals.require',
  text: 'SELECT FROM goals WHERE user_id = $1 AND id = $2 AND deleted_at IS NULL',
};

/** Throws NOT_FOUND, for `path` of the input, if the user has no such goal. */
export async function requireGoal(ctx: UserContext, id: string, path: string): Promise<void> {
  if (!(await hasGoal(ctx, id))) throw notFound('goal', path);
}

/** Whether the user has this goal and it is not deleted. */
export async function hasGoal(ctx: UserContext, id: string): Promise<boolean> {
  return (await ctx.deps.db.query(statement, [ctx.user.id, id])).length > 0;
}
