import type { UserContext } from '../../context.ts';
import { changeGoal } from './change-goal.ts';
import type { GoalChangeInput, GoalOut } from './schemas.ts';

/**
 * Soft-deletes a goal and returns it. Its tasks are kept with their link, so that a restored goal has lost nothing.
 * Throws NOT_FOUND and STALE_VERSION.
 */
export async function deleteGoal(ctx: UserContext, { id, expectedVersion }: GoalChangeInput): Promise<GoalOut> {
  const deletedAt = ctx.deps.clock.now().toISOString();
  return changeGoal(ctx, { id, action: 'delete', set: { deletedAt }, expectedVersion });
}
