import { rowOf, type ShapeOf, types } from '@alice/db';
import { selectRow } from '../../platform/history/columns.ts';
import { goals } from './entity.ts';
import type { GoalRow, TaskSums } from './to-goal.ts';

/** The columns of `sumTasks`. */
export const sumColumns: ShapeOf<TaskSums> = {
  done: types.number,
  total: types.number,
  doneWeight: types.number,
  totalWeight: types.number,
};

/** The columns of `selectGoals`. */
export const goalColumns: ShapeOf<GoalRow> = { ...rowOf('goals'), ...sumColumns };

/** The sums `s` over the tasks of each goal of `t`. */
export const sumTasks = `
      CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE k.status = 'done') AS done, count(*) AS total,
               coalesce(sum(k.weight) FILTER (WHERE k.status = 'done'), 0) AS "doneWeight",
               coalesce(sum(k.weight), 0) AS "totalWeight"
          FROM tasks k
         WHERE k.user_id = t.user_id AND k.goal_id = t.id AND k.deleted_at IS NULL AND k.status <> 'cancelled'
      ) s`;

/** Goals with the sums of their tasks, for a `page` of goals (a table expression named `t`). */
export function selectGoals(page: string): string {
  return `
    SELECT ${selectRow(goals, 't')}, s.* FROM ${page} ${sumTasks}`;
}
