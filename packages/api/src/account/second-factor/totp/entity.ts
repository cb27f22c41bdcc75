import { owned, type Table } from '../../../platform/history/table.ts';

/** Authenticator apps (time-based one-time passwords, RFC 6238). */
export const totps: Table<'totps'> = {
  name: 'totps',
  entity: 'totp',
  noun: 'totp',
  key: owned,
  softDeletes: false,
  fields: {},
  secret: ['sealed_secret', 'last_step'],
  derived: {},
  derivedFromOld: {},
};
