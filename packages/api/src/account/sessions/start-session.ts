import { databaseFault, type Rows, type RunQuery, rowOf, sql } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import type { StartContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { createRow } from '../../platform/history/create-rows.ts';
import { keptHours } from '../../platform/idempotency/do-once.ts';
import { canonicalAddress } from '../../platform/rate-limits/network-of.ts';
import { sessions } from './entity.ts';
import type { TokensOut } from './schemas.ts';
import { hashToken, type TokenPair, type TokenSubject } from './tokens.ts';

const maxUserAgent = 500;

type StartAction = 'register' | 'login';

/**
 * Starts a session for a user who has just authenticated, and returns its first tokens. With an idempotency key, a
 * repeated request gets the same session, also concurrently.
 */
export async function startSession(ctx: StartContext, userId: string, action: StartAction): Promise<TokensOut> {
  const repeated = await repeatStart(ctx, userId);
  if (repeated !== null) return repeated;
  const session = await prepareSession(ctx, userId);
  try {
    return await insertSession(ctx, session, action, ctx.deps.db.query);
  } catch (error) {
    if (!isStartKeyTaken(error)) throw error;
    return (await repeatStart(ctx, userId)) ?? (await replaceExpired(ctx, session, action));
  }
}

/** A session that is not stored yet, with its first tokens. */
export interface PreparedSession {
  readonly subject: TokenSubject;
  readonly tokens: TokenPair;
}

/** Signs the first tokens of a session. A transaction must not wait for signing: call this before it begins. */
export async function prepareSession({ deps }: StartContext, userId: string): Promise<PreparedSession> {
  const now = deps.clock.now();
  const subject = { userId, id: uuidv7(), generation: 1, createdAt: now, rotatedAt: now };
  return { subject, tokens: await deps.tokens.issue(subject) };
}

/**
 * Stores a session. Within a transaction, a reused idempotency key fails the whole transaction: see `isStartKeyTaken`.
 */
export async function insertSession(
  ctx: StartContext,
  { subject, tokens }: PreparedSession,
  action: StartAction,
  query: RunQuery,
): Promise<TokensOut> {
  const { userId, id, createdAt } = subject;
  const now = createdAt.toISOString();
  ctx.request.reply.givenAt = now;
  await createRow(
    { deps: ctx.deps, user: { id: userId, sessionId: id }, query },
    sessions,
    {
      id,
      generation: 1,
      refreshHash: hashToken(tokens.refreshToken),
      userAgent: ctx.request.userAgent?.slice(0, maxUserAgent) ?? null,
      address: ctx.request.address === null ? null : canonicalAddress(ctx.request.address),
      rotatedAt: now,
      expiresAt: ctx.deps.tokens.refreshExpiry(subject).toISOString(),
      authenticatedAt: now,
      endedAt: null,
      endReason: null,
      startKey: ctx.start?.key ?? null,
      startHash: ctx.start?.hash ?? null,
    },
    action,
  );
  return tokens;
}

/** $1 user, $2 key, $3 the oldest valid date. */
const findStarted = sql({
  name: 'auth.findStarted',
  returns: rowOf('sessions', 'id', 'createdAt', 'rotatedAt', 'generation', 'startHash', 'refreshHash', 'endedAt'),
  text: `
    SELECT id, created_at AS "createdAt", rotated_at AS "rotatedAt", generation, start_hash AS "startHash",
           refresh_hash AS "refreshHash", ended_at AS "endedAt"
      FROM sessions WHERE user_id = $1 AND start_key = $2 AND created_at > $3 ORDER BY created_at LIMIT 1`,
});

/** $1 user, $2 key, $3 the oldest valid date: a key that a concurrent request has just written is kept. */
const forgetKey = sql({
  name: 'auth.forgetStartKey',
  text: `
    UPDATE sessions SET start_key = NULL, start_hash = NULL
     WHERE user_id = $1 AND start_key = $2 AND created_at <= $3`,
});

/** Release an expired idempotency key. */
export async function forgetExpiredKey(ctx: StartContext, userId: string, query: RunQuery): Promise<void> {
  if (ctx.start !== null) await query(forgetKey, [userId, ctx.start.key, oldestKept(ctx)]);
}

/**
 * Starts the session with an expired idempotency key. Of concurrent requests one takes the key, the others get its
 * session.
 */
async function replaceExpired(ctx: StartContext, session: PreparedSession, action: StartAction): Promise<TokensOut> {
  const { userId } = session.subject;
  await forgetExpiredKey(ctx, userId, ctx.deps.db.query);
  try {
    return await insertSession(ctx, session, action, ctx.deps.db.query);
  } catch (error) {
    if (!isStartKeyTaken(error)) throw error;
    const repeated = await repeatStart(ctx, userId);
    if (repeated === null) throw error;
    return repeated;
  }
}

/** Whether another session of the user was started with the same idempotency key. */
export function isStartKeyTaken(error: unknown): boolean {
  const fault = databaseFault(error);
  return fault?.kind === 'unique' && fault.constraint === 'sessions_user_id_start_key_key';
}

/** Idempotency keys of sign-ins before this date have expired. */
function oldestKept({ deps }: StartContext): string {
  return new Date(deps.clock.now().getTime() - keptHours * 3_600_000).toISOString();
}

type StartedRow = Pick<
  Rows['sessions'],
  'id' | 'createdAt' | 'rotatedAt' | 'generation' | 'startHash' | 'refreshHash' | 'endedAt'
>;

/**
 * The tokens of an earlier sign-in with the same idempotency key, whose response was lost. The key is stored in the
 * session, and the tokens are derived from it, so no response is stored. Null if it is the first request. Throws
 * IDEMPOTENCY_KEY_REUSED for a different request, UNAUTHENTICATED if the session was used or has ended since.
 */
export async function repeatStart(ctx: StartContext, userId: string): Promise<TokensOut | null> {
  const { deps, start, request } = ctx;
  if (start === null) return null;
  const [found] = await deps.db.query<StartedRow>(findStarted, [userId, start.key, oldestKept(ctx)]);
  if (found === undefined) return null;
  if (found.startHash === null || !start.hash.equals(found.startHash)) throw new DomainError('IDEMPOTENCY_KEY_REUSED');
  if (found.endedAt !== null || found.generation !== 1) throw unrepeatable();
  const { id, generation, refreshHash } = found;
  const [createdAt, rotatedAt] = [new Date(found.createdAt), new Date(found.rotatedAt)];
  const pair = await deps.tokens.issueAgain({ userId, id, generation, createdAt, rotatedAt }, refreshHash);
  if (pair === null) throw unrepeatable();
  request.reply.givenAt = found.createdAt;
  return pair;
}

function unrepeatable(): DomainError {
  return new DomainError(
    'UNAUTHENTICATED',
    'The session that this request started is in use or has ended: sign in again',
  );
}
