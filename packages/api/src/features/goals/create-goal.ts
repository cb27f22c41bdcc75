import { v7 as uuidv7 } from 'uuid';
import type { UserContext } from '../../context.ts';
import { createRow } from '../../platform/history/create-rows.ts';
import { goals } from './entity.ts';
import type { CreateGoalInput, GoalOut } from './schemas.ts';
import { toGoal } from './to-goal.ts';

/** Creates a goal. Throws CONFLICT if the client's id is taken. */
export async function createGoal(ctx: UserContext, input: CreateGoalInput): Promise<GoalOut> {
  const { id, metric, ...fields } = input;
  const row = await createRow(ctx, goals, {
    ...fields,
    id: id ?? uuidv7(),
    metricUnit: metric.unit,
    metricStart: metric.start,
    metricTarget: metric.target,
    metricCurrent: metric.current ?? metric.start,
    deletedAt: null,
  });
  return toGoal({ ...row, done: 0, total: 0, doneWeight: 0, totalWeight: 0 });
}
