import { goals } from '../changes/tables.ts';
import { updateRow } from '../changes/update-row.ts';
import type { UserContext } from '../context.ts';
import { getGoal } from './get-goal.ts';
import type { GoalChangeInput, GoalOut } from './schemas.ts';

/**
 * Deletes a goal softly; its tasks live on and keep their link, so that nothing is lost if it comes back.
 * Gives the goal as it was last. Throws NOT_FOUND and STALE_VERSION.
 */
export async function deleteGoal(ctx: UserContext, { id, expectedVersion }: GoalChangeInput): Promise<GoalOut> {
  const goal = await getGoal(ctx, { id });
  const deletedAt = ctx.deps.clock.now().toISOString();
  const row = await updateRow(ctx, goals, { id, action: 'delete', set: { deletedAt }, expectedVersion });
  return { ...goal, version: row.version, updatedAt: row.updatedAt, deletedAt: row.deletedAt };
}
