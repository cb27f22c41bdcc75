import { defineEntity } from '../../../platform/history/entity.ts';
import { exportedOccurrence, occurrence } from './schemas.ts';
import { toOccurrence } from './to-occurrence.ts';

/** Dates of recurring tasks that were completed or skipped: a record, which only an undo takes back. */
export const occurrences = defineEntity({
  name: 'occurrence',
  table: 'occurrences',
  noun: 'occurrence',
  owner: 'user_id',
  history: 'user',
  softDeletes: true,
  fields: { planned_date: 'planned', planned_time: 'planned' },
  links: [{ field: 'taskId', column: 'task_id', table: 'tasks', noun: 'task' }],
  sync: { row: occurrence, toWire: toOccurrence },
  export: { list: 'occurrences', row: exportedOccurrence },
  scopes: { read: 'tasks:read', write: 'tasks:write' },
});
