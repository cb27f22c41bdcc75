import type { Rows } from '@alice/db';
import type { GoalOut, SyncedGoalOut } from './schemas.ts';

export interface TaskSums {
  readonly done: number;
  readonly total: number;
  readonly doneWeight: number;
  readonly totalWeight: number;
}

export type GoalRow = Rows['goals'] & TaskSums;

/** Converts a row to its wire form. */
export function toGoal(row: GoalRow): GoalOut {
  const { metricStart: start, metricTarget: target } = row;
  const fraction = row.progressSource === 'tasks' ? fractionOfTasks(row) : fractionOfMetric(row);
  const current = row.progressSource === 'tasks' ? start + (fraction ?? 0) * (target - start) : row.metricCurrent;
  return {
    id: row.id,
    title: row.title,
    notes: row.notes,
    state: row.state,
    dueDate: row.dueDate,
    metric: { unit: row.metricUnit, start, target, current, direction: target < start ? 'down' : 'up' },
    progress: {
      source: row.progressSource,
      fraction,
      tasks: { done: row.done, total: row.total, doneWeight: row.doneWeight, totalWeight: row.totalWeight },
    },
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    deletedAt: row.deletedAt,
  };
}

const noTasks = { done: 0, total: 0, doneWeight: 0, totalWeight: 0 };

/** Converts a row to its form in a local copy. */
export function toSyncedGoal(row: Rows['goals']): SyncedGoalOut {
  // The stored metric: `current` is computed from tasks only when they are read.
  const { progress: _, ...goal } = toGoal({ ...row, ...noTasks, progressSource: 'manual' });
  return { ...goal, progressSource: row.progressSource };
}

/** By weight; by count if every weight is zero. */
function fractionOfTasks({ done, total, doneWeight, totalWeight }: TaskSums): number | null {
  if (total === 0) return null;
  return totalWeight > 0 ? doneWeight / totalWeight : done / total;
}

/** The progress of `current` from `start` to `target`, in either direction, from 0 to 1. */
function fractionOfMetric({ metricStart, metricTarget, metricCurrent }: Rows['goals']): number {
  return Math.min(1, Math.max(0, (metricCurrent - metricStart) / (metricTarget - metricStart)));
}
