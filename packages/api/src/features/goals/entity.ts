import { owned, type Table } from '../../platform/history/table.ts';

/** Goals. Their progress follows from the metric or from the linked tasks. */
export const goals: Table<'goals'> = {
  name: 'goals',
  entity: 'goal',
  noun: 'goal',
  key: owned,
  softDeletes: true,
  fields: { metric_unit: 'metric', metric_start: 'metric', metric_target: 'metric', metric_current: 'metric' },
  secret: [],
  derived: {},
  derivedFromOld: {},
};
