import { defineEntity } from '../../platform/history/entity.ts';
import { exportedGoal, syncedGoal } from './schemas.ts';
import { toSyncedGoal } from './to-goal.ts';

/** Goals. Their progress follows from the metric or from the linked tasks. */
export const goals = defineEntity({
  name: 'goal',
  table: 'goals',
  noun: 'goal',
  owner: 'user_id',
  history: 'user',
  softDeletes: true,
  fields: { metric_unit: 'metric', metric_start: 'metric', metric_target: 'metric', metric_current: 'metric' },
  sync: { row: syncedGoal, toWire: toSyncedGoal },
  export: { list: 'goals', row: exportedGoal },
  reference: {
    router: 'goals',
    name: 'Goals',
    description: 'Goals with a metric. The progress comes from manual check-ins or from linked tasks.',
  },
  scopes: { read: 'goals:read', write: 'goals:write' },
});
