import { defineEntity } from '../../platform/history/entity.ts';
import { instant } from '../../platform/schemas/time.ts';
import { apiKey } from './schemas.ts';

const exportedApiKey = apiKey
  .extend({ expiryMailedAt: instant.nullable().meta({ examples: [null] }) })
  .meta({ id: 'ExportedApiKey', description: 'An API key, without its secret.' });

/** API keys. Only the hash of a key is stored. */
export const apiKeys = defineEntity({
  name: 'api_key',
  table: 'api_keys',
  noun: 'API key',
  owner: 'user_id',
  history: 'security',
  secret: ['hash'],
  // The database's clock, as for sessions.
  derivedFromOld: { ended_at: 'CASE WHEN w.ended_at IS NOT NULL THEN coalesce(t.ended_at, clock_timestamp()) END' },
  sync: { none: 'a local copy holds what its user works with' },
  export: { list: 'apiKeys', row: exportedApiKey },
  scopes: null,
});
