import type { Rows } from '@alice/db';
import { condition } from '../../../platform/history/condition.ts';
import { tasks } from '../entity.ts';

/** For an update: completing the task is no more than setting its status. */
export const isPlain = condition('onlyIf', tasks, '(p.r).recurrence IS NULL');

/** Whether completing the task moves it to its next date. */
export function mustMoveOn({ recurrence, status }: Pick<Rows['tasks'], 'recurrence' | 'status'>): boolean {
  return recurrence !== null && status !== 'done';
}
