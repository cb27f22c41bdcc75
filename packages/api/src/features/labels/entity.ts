import { defineEntity } from '../../platform/history/entity.ts';
import { exportedLabel, label } from './schemas.ts';
import { toLabel } from './to-label.ts';

/** Labels of tasks. */
export const labels = defineEntity({
  name: 'label',
  table: 'labels',
  noun: 'label',
  owner: 'user_id',
  history: 'user',
  softDeletes: true,
  sync: { row: label, toWire: toLabel },
  export: { list: 'labels', row: exportedLabel },
  reference: {
    router: 'labels',
    name: 'Labels',
    description: 'Labels of tasks. A task can have several.',
  },
  scopes: { read: 'tasks:read', write: 'tasks:write' },
});
