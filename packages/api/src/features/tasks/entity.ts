import { defineEntity } from '../../platform/history/entity.ts';
import { exportedTask, task } from './schemas.ts';
import { toTask } from './to-task.ts';

/** Tasks. */
export const tasks = defineEntity({
  name: 'task',
  table: 'tasks',
  noun: 'task',
  owner: 'user_id',
  history: 'user',
  softDeletes: true,
  fields: { due_date: 'due', due_time: 'due', due_time_zone: 'due', due_by: 'due' },
  // The only place that sets when a task was started and completed.
  derived: {
    started_at: `CASE WHEN w.status = 'in_progress' THEN coalesce(w.started_at, $2) ELSE w.started_at END`,
    completed_at: `CASE WHEN w.status = 'done' THEN coalesce(w.completed_at, $2) END`,
  },
  links: [
    { field: 'listId', column: 'list_id', table: 'lists', noun: 'list', isRequired: true },
    { field: 'goalId', column: 'goal_id', table: 'goals', noun: 'goal' },
  ],
  sync: { row: task, toWire: toTask },
  export: { list: 'tasks', row: exportedTask },
  reference: {
    router: 'tasks',
    name: 'Tasks',
    description: 'Tasks with a due date or time, a priority, an estimate, a list and an optional goal.',
  },
  scopes: { read: 'tasks:read', write: 'tasks:write' },
});
