import { owned, type Table } from '../../platform/history/table.ts';

/** Tasks. */
export const tasks: Table<'tasks'> = {
  name: 'tasks',
  entity: 'task',
  noun: 'task',
  key: owned,
  softDeletes: true,
  fields: { due_date: 'due', due_time: 'due', due_time_zone: 'due', due_by: 'due' },
  secret: [],
  // The only place that sets when a task was started and completed.
  derived: {
    started_at: `CASE WHEN w.status = 'in_progress' THEN coalesce(w.started_at, $3) ELSE w.started_at END`,
    completed_at: `CASE WHEN w.status = 'done' THEN coalesce(w.completed_at, $3) END`,
  },
  derivedFromOld: {},
};
