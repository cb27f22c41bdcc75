import { databaseFault } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { invalid } from '../../errors/domain-error.ts';
import { changeGoal } from './change-goal.ts';
import type { GoalOut, UpdateGoalInput } from './schemas.ts';

/** Updates the given fields. Throws NOT_FOUND, STALE_VERSION, and VALIDATION_FAILED if start and target are equal. */
export async function updateGoal(ctx: UserContext, input: UpdateGoalInput): Promise<GoalOut> {
  const { id, expectedVersion, metric, ...fields } = input;
  const set = {
    ...fields,
    metricUnit: metric?.unit,
    metricStart: metric?.start,
    metricTarget: metric?.target,
    metricCurrent: metric?.current,
  };
  try {
    return await changeGoal(ctx, { id, action: 'update', set, expectedVersion });
  } catch (error) {
    // Only the database knows the part of the metric that was not sent.
    const fault = databaseFault(error);
    const isMetric = fault?.kind === 'check' && fault.constraint === 'goals_metric_check';
    throw isMetric ? invalid('metric.target', 'must differ from start') : error;
  }
}
