import { databaseFault, type Rows, type RunQuery } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import type { StartContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { createRow } from '../../platform/history/create-row.ts';
import { keptHours } from '../../platform/idempotency/do-once.ts';
import { canonicalAddress } from '../../platform/rate-limits/network-of.ts';
import { sessions } from './entity.ts';
import type { TokensOut } from './schemas.ts';
import { hashToken, type TokenPair, type TokenSubject } from './tokens.ts';

const maxUserAgent = 500;

type StartAction = 'register' | 'login';

/**
 * Starts a session for a person who has just shown who they are, and gives its first tokens. With an idempotency key the
 * same request gets the same session: of many at once one starts it.
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

/** Signs the first tokens of a session. No transaction is to wait for signatures: call it before one begins. */
export async function prepareSession({ deps }: StartContext, userId: string): Promise<PreparedSession> {
  const now = deps.clock.now();
  const subject = { userId, id: uuidv7(), generation: 1, createdAt: now, rotatedAt: now };
  return { subject, tokens: await deps.tokens.issue(subject) };
}

/** Stores a session. Within a transaction a key that was used before fails the whole: see `isStartKeyTaken`. */
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

/** $1 person, $2 key, $3 the oldest that counts. */
const findStarted = {
  name: 'auth.findStarted',
  text: `
    SELECT id, created_at AS "createdAt", rotated_at AS "rotatedAt", generation, start_hash AS "startHash",
           refresh_hash AS "refreshHash", ended_at AS "endedAt"
      FROM sessions WHERE user_id = $1 AND start_key = $2 AND created_at > $3 ORDER BY created_at LIMIT 1`,
};

/** $1 person, $2 key, $3 the oldest that counts: what a request at the same moment has just written stays. */
const forgetKey = {
  name: 'auth.forgetStartKey',
  text: `
    UPDATE sessions SET start_key = NULL, start_hash = NULL
     WHERE user_id = $1 AND start_key = $2 AND created_at <= $3`,
};

/** Frees the key of this sign-in where it was used longer ago than it counts. */
export async function forgetExpiredKey(ctx: StartContext, userId: string, query: RunQuery): Promise<void> {
  if (ctx.start !== null) await query(forgetKey, [userId, ctx.start.key, oldestKept(ctx)]);
}

/** The key was used longer ago than it counts. Of many at once one takes it anew, and the others get what that got. */
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

/** Whether another session of the person was started with the same idempotency key. */
export function isStartKeyTaken(error: unknown): boolean {
  const fault = databaseFault(error);
  return fault?.kind === 'unique' && fault.constraint === 'sessions_user_id_start_key_key';
}

/** Keys of sign-ins before this count no more. */
function oldestKept({ deps }: StartContext): string {
  return new Date(deps.clock.now().getTime() - keptHours * 3_600_000).toISOString();
}

type StartedRow = Pick<
  Rows['sessions'],
  'id' | 'createdAt' | 'rotatedAt' | 'generation' | 'startHash' | 'refreshHash' | 'endedAt'
>;

/**
 * The tokens that this sign-in was given before, when its reply was lost: the key stands in the session itself, so both
 * committed together, and tokens follow from the session, so none was kept. Null when it is the first with its key.
 * Throws IDEMPOTENCY_KEY_REUSED for another request, UNAUTHENTICATED when that session has been used or has ended since.
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
  return new DomainError('UNAUTHENTICATED', 'The session that this request began is in use or has ended: sign in anew');
}
