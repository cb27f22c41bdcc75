import type { UserContext } from '../../context.ts';
import { changeGoal } from './change-goal.ts';
import type { GoalChangeInput, GoalOut } from './schemas.ts';

/**
 * Deletes a goal softly; its tasks live on and keep their link, so that nothing is lost if it comes back.
 * Gives the goal as it was last. Throws NOT_FOUND and STALE_VERSION.
 */
export async function deleteGoal(ctx: UserContext, { id, expectedVersion }: GoalChangeInput): Promise<GoalOut> {
  const deletedAt = ctx.deps.clock.now().toISOString();
  return changeGoal(ctx, { id, action: 'delete', set: { deletedAt }, expectedVersion });
}
