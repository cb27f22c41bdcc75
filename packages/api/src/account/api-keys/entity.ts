import { owned, type Table } from '../../platform/history/table.ts';

/** API keys. Only the hash of a key is stored. */
export const apiKeys: Table<'api_keys'> = {
  name: 'api_keys',
  entity: 'api_key',
  noun: 'API key',
  key: owned,
  softDeletes: false,
  fields: {},
  secret: ['hash'],
  derived: {},
  // The database's clock, as for sessions.
  derivedFromOld: { ended_at: 'CASE WHEN w.ended_at IS NOT NULL THEN coalesce(t.ended_at, clock_timestamp()) END' },
};
