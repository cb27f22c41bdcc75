import { defineEntity } from '../../platform/history/entity.ts';
import { user } from './schemas.ts';
import { toUser } from './to-user.ts';

/** Users. The id of the row is the id of the user. */
export const users = defineEntity({
  name: 'user',
  table: 'users',
  noun: 'user',
  owner: 'id',
  history: 'security',
  secret: ['passwordHash', 'passwordStandsAlone'],
  // The database's clock, as for sessions: the session gates of all processes compare with it.
  derivedFromOld: {
    disabled_at: 'CASE WHEN w.disabled_at IS NOT NULL THEN coalesce(t.disabled_at, clock_timestamp()) END',
  },
  sync: { row: user, toWire: toUser },
  export: { none: 'the one row is the field `user` of an export' },
  scopes: { read: 'users:read', write: 'users:write' },
});
