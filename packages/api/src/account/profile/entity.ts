import type { Table } from '../../platform/history/table.ts';

/** People. The id of the row is the person. */
export const users: Table<'users'> = {
  name: 'users',
  entity: 'user',
  noun: 'user',
  key: 't.id = $1 AND t.id = $2',
  softDeletes: false,
  fields: {},
  secret: ['password_hash', 'password_stands_alone'],
  derived: {},
  // The database's own clock, as for sessions: the gates of all processes go by it.
  derivedFromOld: {
    disabled_at: 'CASE WHEN w.disabled_at IS NOT NULL THEN coalesce(t.disabled_at, clock_timestamp()) END',
  },
};
