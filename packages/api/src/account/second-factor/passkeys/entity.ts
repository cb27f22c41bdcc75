import { z } from 'zod';
import { defineEntity } from '../../../platform/history/entity.ts';
import { rowId } from '../../../platform/schemas/ids.ts';
import { instant } from '../../../platform/schemas/time.ts';
import { version } from '../../../platform/schemas/version.ts';

const never = instant.nullable().meta({ examples: [null] });

const exportedPasskey = z
  .object({
    id: rowId,
    name: z.string().meta({ examples: ['Phone'] }),
    transports: z
      .array(z.string())
      .meta({ description: 'The transports of the authenticator.', examples: [['internal']] }),
    backedUp: z.boolean().meta({ description: 'Whether it is synced between devices.', examples: [true] }),
    lastUsedAt: never,
    endedAt: never,
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'ExportedPasskey', description: 'A passkey, without its public key.' });

/** Passkeys (WebAuthn credentials). */
export const passkeys = defineEntity({
  name: 'passkey',
  table: 'passkeys',
  noun: 'passkey',
  owner: 'user_id',
  history: 'security',
  secret: ['publicKey', 'credentialId', 'counter'],
  sync: { none: 'a local copy holds what its user works with' },
  export: { list: 'passkeys', row: exportedPasskey },
  scopes: null,
});
