import { type RunQuery, rowOf, sql, types } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import type { UserContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { makeBearerSecret } from '../../platform/crypto/bearer-secret.ts';
import { createRow } from '../../platform/history/create-rows.ts';
import { type MailedAccount, sendNotice } from '../../platform/mail/send-notice.ts';
import { administratorScopes, type Scope } from '../../platform/schemas/scopes.ts';
import { apiKeys } from './entity.ts';
import { keyPrefix } from './key-verifier.ts';
import type { CreateApiKeyInput, CreatedApiKeyOut } from './schemas.ts';
import { toApiKey } from './to-api-key.ts';

/** More keys than this are probably forgotten ones. */
export const mostKeys = 50;
const hintLength = 4;
const dayMs = 86_400_000;

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The lifetime in milliseconds. */
  readonly lifeMs: number;
}

const findOwner = sql({
  name: 'apiKeys.owner',
  returns: rowOf('users', 'email', 'name', 'emailVerifiedAt', 'role'),
  text: 'SELECT email, name, email_verified_at AS "emailVerifiedAt", role FROM users WHERE id = $1',
});

/** $1 user, $2 now. */
const countLive = sql({
  name: 'apiKeys.countLive',
  returns: { live: types.number },
  text: `
    SELECT count(*)::int AS live FROM api_keys WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2`,
});

interface OwnerRow extends MailedAccount {
  readonly role: string;
}

/**
 * Creates an API key and notifies its owner by mail. Throws FORBIDDEN for administrator scopes, CONFLICT at the limit
 * of 50 active keys.
 */
export function createApiKey(ctx: UserContext, input: CreateApiKeyInput): Promise<CreatedApiKeyOut> {
  const { name, scopes, expiresInDays } = input;
  return ctx.deps.db.transaction((tx) => addKey(ctx, { name, scopes, lifeMs: expiresInDays * dayMs }, tx.query));
}

/**
 * The part of a transaction that inserts a key. Its first statement locks the user's counter, so that keys are counted
 * one by one.
 */
export async function addKey(ctx: UserContext, key: NewKey, query: RunQuery): Promise<CreatedApiKeyOut> {
  const { deps, user } = ctx;
  const [owner] = await query<OwnerRow>(findOwner, [user.id]);
  if (owner === undefined) throw new DomainError('UNAUTHENTICATED', 'This account no longer exists');
  const reserved = key.scopes.filter((scope) => administratorScopes.has(scope));
  if (reserved.length > 0 && owner.role !== 'admin') {
    throw new DomainError('FORBIDDEN', `Only administrators can create API keys with ${reserved.join(', ')}`);
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
    throw new DomainError('CONFLICT', `You already have ${mostKeys} API keys: revoke one first`);
  }
  await sendNotice(deps, owner, { kind: 'api-key-created', keyName: key.name }, query);
  return { key: `${keyPrefix}${text}`, apiKey: toApiKey(row) };
}
