import { owned, type Table } from '../../platform/history/table.ts';

/** Sessions, each with the hash of its latest refresh token. */
export const sessions: Table<'sessions'> = {
  name: 'sessions',
  entity: 'session',
  noun: 'session',
  key: owned,
  softDeletes: false,
  fields: {},
  secret: ['refresh_hash', 'start_key', 'start_hash'],
  // The database's clock: other processes ask it which sessions have ended since they last asked.
  derived: { ended_at: `CASE WHEN w.end_reason IS NOT NULL THEN coalesce(w.ended_at, clock_timestamp()) END` },
  derivedFromOld: {},
};
