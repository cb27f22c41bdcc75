import type { RunQuery } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import type { Context } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { isSameHash, makeBearerSecret, readBearerSecret } from '../../platform/crypto/bearer-secret.ts';

/** How long each counts. */
const minutes = {
  verify_email: 24 * 60,
  reset_password: 30,
  change_email_from: 60,
  change_email_to: 60,
} as const;

type OneTimePurpose = keyof typeof minutes;

export interface NewToken {
  readonly userId: string;
  readonly purpose: OneTimePurpose;
  /** The address that it is sent to. */
  readonly email: string;
  /** What belongs together; its own unless told. */
  readonly requestId?: string;
}

const insert = {
  name: 'auth.createToken',
  text: `
    INSERT INTO one_time_tokens (user_id, id, purpose, hash, email, request_id, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
};

/** Makes a token for a mail, and keeps its hash. */
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

/** $1 person, $2 id, $3 now, $4 purposes. A token counts while its person may sign in. */
const find = {
  name: 'auth.findToken',
  text: `
    SELECT t.user_id AS "userId", t.id, t.purpose, t.email, t.request_id AS "requestId", t.hash
      FROM one_time_tokens t JOIN users u ON u.id = t.user_id
     WHERE t.user_id = $1 AND t.id = $2 AND t.used_at IS NULL AND t.expires_at > $3
       AND t.purpose = ANY ($4::one_time_purpose[]) AND u.disabled_at IS NULL
       AND (t.email = u.email OR t.purpose = 'change_email_to')`,
};

/**
 * What a token of a mail is about, while it counts. Throws INVALID_TOKEN for any other text, in the same words, and
 * TOO_MANY_REQUESTS when too many were tried.
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

const take = {
  name: 'auth.takeToken',
  text: `
    UPDATE one_time_tokens SET used_at = $3
     WHERE user_id = $1 AND id = $2 AND used_at IS NULL AND expires_at > $3
    RETURNING id`,
};

/** Uses a token up: of many at once, one. Throws INVALID_TOKEN. */
export async function takeToken({ deps }: Context, { userId, id }: LiveToken, query: RunQuery): Promise<void> {
  const taken = await query(take, [userId, id, deps.clock.now().toISOString()]);
  if (taken.length === 0) throw new DomainError('INVALID_TOKEN');
}

/** $1 person, $2 purposes. Those that were used stay until they expire: they say what was agreed to. */
const forget = {
  name: 'auth.voidTokens',
  text: `
    DELETE FROM one_time_tokens
     WHERE user_id = $1 AND purpose = ANY ($2::one_time_purpose[]) AND used_at IS NULL`,
};

/** From now on a person's tokens of these purposes, of all unless told, count no more. */
export async function voidTokens(
  userId: string,
  query: RunQuery,
  purposes: readonly string[] = Object.keys(minutes),
): Promise<void> {
  await query(forget, [userId, purposes]);
}
