import { goals } from '../changes/tables.ts';
import { updateRow } from '../changes/update-row.ts';
import type { UserContext } from '../context.ts';
import { getGoal } from './get-goal.ts';
import type { GoalChangeInput, GoalOut } from './schemas.ts';

/** Brings a deleted goal back; a live one stays as it is. Throws NOT_FOUND and STALE_VERSION. */
export async function restoreGoal(ctx: UserContext, { id, expectedVersion }: GoalChangeInput): Promise<GoalOut> {
  await updateRow(ctx, goals, { id, action: 'restore', set: { deletedAt: null }, rows: 'all', expectedVersion });
  return getGoal(ctx, { id });
}
