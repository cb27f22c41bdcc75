import type { UserContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { hasGoal } from '../goals/require-goal.ts';

/** Throws CANNOT_UNDO if the goal in these columns of a task does not exist or is deleted. */
export async function requireTaskLinks(
  ctx: UserContext,
  { goal_id: goalId }: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (typeof goalId !== 'string' || (await hasGoal(ctx, goalId))) return;
  const details = { fields: ['goalId'] };
  throw new DomainError('CANNOT_UNDO', 'The goal of the task is deleted', { details });
}
