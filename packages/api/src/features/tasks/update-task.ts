import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-row.ts';
import { requireGoal } from '../goals/require-goal.ts';
import { tasks } from './entity.ts';
import type { TaskOut, UpdateTaskInput } from './schemas.ts';
import { dueColumns, toTask } from './to-task.ts';

/** Updates the given fields. Throws NOT_FOUND (for the task or its goal) and STALE_VERSION. */
export async function updateTask(ctx: UserContext, input: UpdateTaskInput): Promise<TaskOut> {
  const { id, expectedVersion, due, ...fields } = input;
  if (fields.goalId != null) await requireGoal(ctx, fields.goalId, 'goalId');
  const set = due === undefined ? fields : { ...fields, ...dueColumns(due) };
  return toTask(await updateRow(ctx, tasks, { id, action: 'update', set, expectedVersion }));
}
