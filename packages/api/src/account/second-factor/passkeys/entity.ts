import { owned, type Table } from '../../../platform/history/table.ts';

/** Passkeys (WebAuthn credentials). */
export const passkeys: Table<'passkeys'> = {
  name: 'passkeys',
  entity: 'passkey',
  noun: 'passkey',
  key: owned,
  softDeletes: false,
  fields: {},
  secret: ['public_key', 'credential_id', 'counter'],
  derived: {},
  derivedFromOld: {},
};
