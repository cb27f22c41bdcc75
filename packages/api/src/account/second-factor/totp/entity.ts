import { z } from 'zod';
import { defineEntity } from '../../../platform/history/entity.ts';
import { rowId } from '../../../platform/schemas/ids.ts';
import { instant } from '../../../platform/schemas/time.ts';
import { version } from '../../../platform/schemas/version.ts';

const never = instant.nullable().meta({ examples: [null] });

const exportedApp = z
  .object({ id: rowId, confirmedAt: never, endedAt: never, version, createdAt: instant, updatedAt: instant })
  .meta({ id: 'ExportedAuthenticatorApp', description: 'An authenticator app, without its secret.' });

/** Authenticator apps (time-based one-time passwords, RFC 6238). */
export const totps = defineEntity({
  name: 'totp',
  table: 'totps',
  noun: 'authenticator app',
  owner: 'user_id',
  history: 'security',
  secret: ['sealedSecret', 'lastStep'],
  sync: { none: 'a local copy holds what its user works with' },
  export: { list: 'authenticatorApps', row: exportedApp },
  scopes: null,
});
