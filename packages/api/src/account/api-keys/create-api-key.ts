import type { RunQuery } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import type { UserContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { makeBearerSecret } from '../../platform/crypto/bearer-secret.ts';
import { createRow } from '../../platform/history/create-row.ts';
import { type MailedAccount, sendNotice } from '../../platform/mail/send-notice.ts';
import { administratorScopes, type Scope } from '../../platform/schemas/scopes.ts';
import { apiKeys } from './entity.ts';
import { keyPrefix } from './key-verifier.ts';
import type { CreateApiKeyInput, CreatedApiKeyOut } from './schemas.ts';
import { toApiKey } from './to-api-key.ts';

/** Whoever needs more has forgotten some. */
export const mostKeys = 50;
const hintLength = 4;
const dayMs = 86_400_000;

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** How long it lives, in milliseconds. */
  readonly lifeMs: number;
}

const findOwner = {
  name: 'apiKeys.owner',
  text: 'SELECT email, name, email_verified_at AS "emailVerifiedAt", role FROM users WHERE id = $1',
};

/** $1 person, $2 now. */
const countLive = {
  name: 'apiKeys.countLive',
  text: `
    SELECT count(*)::int AS live FROM api_keys WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2`,
};

interface OwnerRow extends MailedAccount {
  readonly role: string;
}

/**
 * Makes an API key, and tells its owner by mail that there is one. Throws FORBIDDEN for scopes of administrators, CONFLICT
 * past 50 keys that live.
 */
export function createApiKey(ctx: UserContext, input: CreateApiKeyInput): Promise<CreatedApiKeyOut> {
  const { name, scopes, expiresInDays } = input;
  return ctx.deps.db.transaction((tx) => addKey(ctx, { name, scopes, lifeMs: expiresInDays * dayMs }, tx.query));
}

/** The part of a transaction that adds a key. Its first statement holds the person's counter: keys are counted one by one. */
export async function addKey(ctx: UserContext, key: NewKey, query: RunQuery): Promise<CreatedApiKeyOut> {
  const { deps, user } = ctx;
  const [owner] = await query<OwnerRow>(findOwner, [user.id]);
  if (owner === undefined) throw new DomainError('UNAUTHENTICATED', 'This account does not exist any more');
  const reserved = key.scopes.filter((scope) => administratorScopes.has(scope));
  if (reserved.length > 0 && owner.role !== 'admin') {
    throw new DomainError('FORBIDDEN', `Only an administrator's key can have ${reserved.join(', ')}`);
  }
  const id = uuidv7();
  const now = deps.clock.now();
  const { text, hash } = makeBearerSecret(user.id, id, deps.random);
  const row = await createRow({ ...ctx, query }, apiKeys, {
    id,
    name: key.name,
    hash,
    hint: text.slice(-hintLength),
    scopes: [...key.scopes],
    expiresAt: new Date(now.getTime() + key.lifeMs).toISOString(),
    endedAt: null,
    lastUsedAt: null,
    lastUsedAddress: null,
    expiryMailedAt: null,
  });
  const [count] = await query<{ live: number }>(countLive, [user.id, now.toISOString()]);
  if (count === undefined || count.live > mostKeys) {
    throw new DomainError('CONFLICT', `There are ${mostKeys} API keys already: revoke one first`);
  }
  await sendNotice(deps, owner, { kind: 'api-key-created', keyName: key.name }, query);
  return { key: `${keyPrefix}${text}`, apiKey: toApiKey(row) };
}
