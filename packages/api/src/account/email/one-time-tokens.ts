import { type RunQuery, sql, types } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import type { Context } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { isSameHash, makeBearerSecret, readBearerSecret } from '../../platform/crypto/bearer-secret.ts';

/** The lifetime of each token. */
const minutes = {
  verify_email: 24 * 60,
  reset_password: 30,
  change_email_from: 60,
  change_email_to: 60,
} as const;

type OneTimePurpose = keyof typeof minutes;

const purposes: readonly OneTimePurpose[] = ['verify_email', 'reset_password', 'change_email_from', 'change_email_to'];

export interface NewToken {
  readonly userId: string;
  readonly purpose: OneTimePurpose;
  /** The address that the token is sent to. */
  readonly email: string;
  /** Groups related tokens; the token's own id by default. */
  readonly requestId?: string;
}

const insert = sql({
  name: 'auth.createToken',
  text: `
    INSERT INTO one_time_tokens (user_id, id, purpose, hash, email, request_id, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
});

/** Creates a token for a mail and stores its hash. */
export async function createToken({ deps }: Pick<Context, 'deps'>, token: NewToken, query: RunQuery): Promise<string> {
  const { userId, purpose, email, requestId } = token;
  const id = uuidv7();
  const now = deps.clock.now();
  const { text, hash } = makeBearerSecret(userId, id, deps.random);
  const expires = new Date(now.getTime() + minutes[purpose] * 60_000);
  await query(insert, [userId, id, purpose, hash, email, requestId ?? id, now.toISOString(), expires.toISOString()]);
  return text;
}

export interface LiveToken {
  readonly userId: string;
  readonly id: string;
  readonly purpose: OneTimePurpose;
  readonly email: string;
  readonly requestId: string;
}

/** $1 user, $2 id, $3 now, $4 purposes. A token is valid only while its user is enabled. */
const find = sql({
  name: 'auth.findToken',
  returns: {
    userId: types.uuid,
    id: types.uuid,
    purpose: types.oneOf(purposes),
    email: types.text,
    requestId: types.uuid,
    hash: types.bytes,
  },
  text: `
    SELECT t.user_id AS "userId", t.id, t.purpose, t.email, t.request_id AS "requestId", t.hash
      FROM one_time_tokens t JOIN users u ON u.id = t.user_id
     WHERE t.user_id = $1 AND t.id = $2 AND t.used_at IS NULL AND t.expires_at > $3
       AND t.purpose = ANY ($4::one_time_purpose[]) AND u.disabled_at IS NULL
       AND (t.email = u.email OR t.purpose = 'change_email_to')`,
});

/**
 * Returns a valid token of a mail. Throws INVALID_TOKEN, with the same message for every reason, and TOO_MANY_REQUESTS.
 */
export async function findToken(
  { deps, request }: Context,
  text: string,
  purposes: readonly OneTimePurpose[],
): Promise<LiveToken> {
  const secret = readBearerSecret(text);
  if (secret === null) throw new DomainError('INVALID_TOKEN');
  const attempt = await deps.guesses.count({ kind: 'token', address: request.address, account: null });
  const now = deps.clock.now().toISOString();
  const [found] = await deps.db.query<LiveToken & { readonly hash: Buffer }>(find, [
    secret.userId,
    secret.id,
    now,
    purposes,
  ]);
  if (found === undefined || !isSameHash(found.hash, secret.hash)) throw new DomainError('INVALID_TOKEN');
  await attempt.giveBack();
  const { hash: _, ...token } = found;
  return token;
}

const take = sql({
  name: 'auth.takeToken',
  returns: { id: types.uuid },
  text: `
    UPDATE one_time_tokens SET used_at = $3
     WHERE user_id = $1 AND id = $2 AND used_at IS NULL AND expires_at > $3
    RETURNING id`,
});

/** Consumes a token: of concurrent requests, one succeeds. Throws INVALID_TOKEN. */
export async function takeToken({ deps }: Context, { userId, id }: LiveToken, query: RunQuery): Promise<void> {
  const taken = await query(take, [userId, id, deps.clock.now().toISOString()]);
  if (taken.length === 0) throw new DomainError('INVALID_TOKEN');
}

/** $1 user, $2 purposes. Used tokens are kept until they expire: they record the confirmations of an email change. */
const forget = sql({
  name: 'auth.voidTokens',
  text: `
    DELETE FROM one_time_tokens
     WHERE user_id = $1 AND purpose = ANY ($2::one_time_purpose[]) AND used_at IS NULL`,
});

/** Invalidates the user's unused tokens of these purposes, by default of all purposes. */
export async function voidTokens(
  userId: string,
  query: RunQuery,
  voided: readonly OneTimePurpose[] = purposes,
): Promise<void> {
  await query(forget, [userId, voided]);
}
