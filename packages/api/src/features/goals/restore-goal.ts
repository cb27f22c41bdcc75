import type { UserContext } from '../../context.ts';
import { changeGoal } from './change-goal.ts';
import type { GoalChangeInput, GoalOut } from './schemas.ts';

/** Restores a deleted goal; other goals stay unchanged. Throws NOT_FOUND and STALE_VERSION. */
export async function restoreGoal(ctx: UserContext, { id, expectedVersion }: GoalChangeInput): Promise<GoalOut> {
  return changeGoal(ctx, { id, action: 'restore', set: { deletedAt: null }, rows: 'all', expectedVersion });
}
