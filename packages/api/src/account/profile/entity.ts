import type { Table } from '../../platform/history/table.ts';

/** Users. The id of the row is the id of the user. */
export const users: Table<'users'> = {
  name: 'users',
  entity: 'user',
  noun: 'user',
  key: 't.id = $1 AND t.id = $2',
  softDeletes: false,
  fields: {},
  secret: ['password_hash', 'password_stands_alone'],
  derived: {},
  // The database's clock, as for sessions: the session gates of all processes compare with it.
  derivedFromOld: {
    disabled_at: 'CASE WHEN w.disabled_at IS NOT NULL THEN coalesce(t.disabled_at, clock_timestamp()) END',
  },
};
