import { owned, type Table } from '../../platform/history/table.ts';

/** API keys. Of a key only its hash is kept. */
export const apiKeys: Table<'api_keys'> = {
  name: 'api_keys',
  entity: 'api_key',
  noun: 'API key',
  key: owned,
  softDeletes: false,
  fields: {},
  secret: ['hash'],
  derived: {},
  // The database's own clock, as for sessions.
  derivedFromOld: { ended_at: 'CASE WHEN w.ended_at IS NOT NULL THEN coalesce(t.ended_at, clock_timestamp()) END' },
};
