import { sql } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import type { GoalInput, GoalOut } from './schemas.ts';
import { goalColumns, selectGoals } from './select-goals.ts';
import { type GoalRow, toGoal } from './to-goal.ts';

const statement = sql({
  name: 'goals.get',
  returns: goalColumns,
  text: selectGoals('(SELECT * FROM goals WHERE user_id = $1 AND id = $2 AND deleted_at IS NULL) t'),
});

/** Returns one goal that is not deleted, with its progress. Throws NOT_FOUND. */
export async function getGoal(ctx: UserContext, { id }: GoalInput): Promise<GoalOut> {
  const [row] = await ctx.deps.db.query<GoalRow>(statement, [ctx.user.id, id]);
  if (row === undefined) throw notFound('goal');
  return toGoal(row);
}
