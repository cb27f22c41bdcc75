import { defineEntity } from '../../platform/history/entity.ts';
import { sqlPositionOfNumber } from '../../platform/order/position.ts';
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
  fields: {
    due_date: 'due',
    due_time: 'due',
    due_time_zone: 'due',
    due_by: 'due',
    planned_for: 'planned',
    label_ids: 'labels',
  },
  // The only place that sets when a task was started and completed.
  derived: {
    started_at: `CASE WHEN w.status = 'in_progress' THEN coalesce(w.started_at, $2) ELSE w.started_at END`,
    completed_at: `CASE WHEN w.status = 'done' THEN coalesce(w.completed_at, $2) END`,
  },
  initial: { position: sqlPositionOfNumber },
  derivedFromOld: {
    // It is in the list of its parent, which may have moved.
    list_id: `CASE WHEN w.deleted_at IS NULL AND t.deleted_at IS NOT NULL AND w.parent_id IS NOT NULL
                   THEN (SELECT p.list_id FROM tasks p WHERE p.user_id = $1 AND p.id = w.parent_id)
                   ELSE w.list_id END`,
    // A task that is restored leaves the labels behind that were deleted in the meantime.
    label_ids: `CASE WHEN w.deleted_at IS NULL AND t.deleted_at IS NOT NULL AND w.label_ids <> '{}'
                     THEN ARRAY(SELECT l.id FROM labels l WHERE l.user_id = $1 AND l.id = ANY (w.label_ids)
                                   AND l.deleted_at IS NULL ORDER BY l.id)
                     ELSE w.label_ids END`,
  },
  links: [
    { field: 'listId', column: 'list_id', table: 'lists', noun: 'list', isRequired: true },
    { field: 'goalId', column: 'goal_id', table: 'goals', noun: 'goal' },
    { field: 'labelIds', column: 'label_ids', table: 'labels', noun: 'label', isList: true },
    { field: 'parentId', column: 'parent_id', table: 'tasks', noun: 'task' },
    { field: 'blockedBy', column: 'blocked_by', table: 'tasks', noun: 'task', isList: true },
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
