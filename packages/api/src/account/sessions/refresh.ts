import { type Rows, rowOf, sql } from '@alice/db';
import type { Context } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { endSessions } from './end-sessions.ts';
import { dropRefreshCookie, presentedToken } from './refresh-cookie.ts';
import type { RefreshInput } from './schemas.ts';
import { EarlyTokenError, hashToken, type RefreshClaims, type TokenPair, type TokenSubject } from './tokens.ts';

/**
 * The grace period: after its use, a refresh token returns the same successor again, for concurrent tabs and lost
 * responses. In that time the successor is not rotated either, since a third tab may still send the token before it.
 */
const graceMs = 10_000;
/** The maximum clock difference between processes: a refresh by another process may look older than it is. */
const skewMs = 10_000;

type SessionRow = Pick<
  Rows['sessions'],
  'userId' | 'id' | 'generation' | 'refreshHash' | 'createdAt' | 'rotatedAt' | 'expiresAt' | 'endedAt'
>;

const find = sql({
  name: 'auth.findSession',
  returns: rowOf(
    'sessions',
    'userId',
    'id',
    'generation',
    'refreshHash',
    'createdAt',
    'rotatedAt',
    'expiresAt',
    'endedAt',
  ),
  text: `
    SELECT s.user_id AS "userId", s.id, s.generation, s.refresh_hash AS "refreshHash", s.created_at AS "createdAt",
           s.rotated_at AS "rotatedAt", s.expires_at AS "expiresAt", s.ended_at AS "endedAt"
      FROM sessions s JOIN users u ON u.id = s.user_id
     WHERE s.user_id = $1 AND s.id = $2 AND u.disabled_at IS NULL`,
});

const rotate = sql({
  name: 'auth.rotateSession',
  returns: rowOf('sessions', 'id'),
  text: `
    UPDATE sessions SET generation = $4, refresh_hash = $5, rotated_at = $6, expires_at = $7
     WHERE user_id = $1 AND id = $2 AND refresh_hash = $3 AND ended_at IS NULL
    RETURNING id`,
});

/**
 * Exchanges a refresh token for its successor with a compare-and-swap on the stored hash: of concurrent requests one
 * rotates, the others get the same successor. A token from the last 10 s returns its own pair. Reuse after more than 10
 * s means that it was stolen or copied, and revokes the session. Without a token in the input, the cookie is used.
 * Throws UNAUTHENTICATED; FORBIDDEN for a cookie of a foreign page.
 */
export async function refresh(ctx: Context, { refreshToken }: RefreshInput): Promise<TokenPair> {
  if (refreshToken != null) return exchange(ctx, refreshToken, await ctx.deps.tokens.verifyRefresh(refreshToken));
  const presented = presentedToken(ctx);
  return exchange(ctx, presented, await verifyPresented(ctx, presented));
}

/**
 * Clears a cookie that is malformed or expired. It keeps the cookie of an ended session, since this response may arrive
 * late and would delete the cookie of a newer sign-in. It also keeps a token that is not valid yet by this process's
 * clock.
 */
async function verifyPresented(ctx: Context, refreshToken: string): Promise<RefreshClaims> {
  try {
    return await ctx.deps.tokens.verifyRefresh(refreshToken);
  } catch (error) {
    const isOver = error instanceof DomainError && error.code === 'UNAUTHENTICATED';
    if (isOver && !(error instanceof EarlyTokenError)) dropRefreshCookie(ctx);
    throw error;
  }
}

async function exchange(ctx: Context, refreshToken: string, claims: RefreshClaims): Promise<TokenPair> {
  const hash = hashToken(refreshToken);
  // In the second attempt, the row shows that a concurrent request has won the swap.
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const session = await findLive(ctx, claims.userId, claims.sessionId);
    if (session.refreshHash.equals(hash)) {
      const successor = (await currentTokens(ctx, session)) ?? (await rotateTokens(ctx, session));
      if (successor !== null) return successor;
    } else if (claims.generation === session.generation - 1 && isWithinGrace(ctx, session)) {
      const successor = await ctx.deps.tokens.issueAgain(toSubject(session), session.refreshHash);
      // Another process rotated it with a newer key: this process cannot reproduce the successor.
      if (successor === null) throw ended();
      return successor;
    } else {
      const { userId, sessionId } = claims;
      const { deps, request } = ctx;
      await endSessions(deps, { userId, reason: 'reuse', by: sessionId, only: sessionId }, deps.db.query);
      request.log.warn({ userId, sessionId }, 'refresh token reused: session revoked');
      throw ended();
    }
  }
  throw ended();
}

async function findLive(ctx: Context, userId: string, sessionId: string): Promise<SessionRow> {
  const [session] = await ctx.deps.db.query<SessionRow>(find, [userId, sessionId]);
  const now = ctx.deps.clock.now().toISOString();
  if (session === undefined || session.endedAt !== null || session.expiresAt <= now) throw ended();
  return session;
}

/**
 * The current pair of a session that was rotated within the grace period. Null if it must be rotated: also if this
 * access token has already expired (with very short lifetimes), or if it was made with other keys or lifetimes.
 */
async function currentTokens(ctx: Context, session: SessionRow): Promise<TokenPair | null> {
  const { clock, tokens } = ctx.deps;
  // The first pair comes from the sign-in: no earlier token can arrive late.
  if (session.generation === 1 || !isWithinGrace(ctx, session)) return null;
  const pair = await tokens.issueAgain(toSubject(session), session.refreshHash);
  return pair !== null && Date.parse(pair.accessTokenExpiresAt) > clock.now().getTime() ? pair : null;
}

/** The successor, or null if a concurrent request rotated first. */
async function rotateTokens(ctx: Context, session: SessionRow): Promise<TokenPair | null> {
  const { db, clock, tokens } = ctx.deps;
  const next = { ...toSubject(session), generation: session.generation + 1, rotatedAt: clock.now() };
  const pair = await tokens.issue(next);
  const rotated = await db.query(rotate, [
    session.userId,
    session.id,
    session.refreshHash,
    next.generation,
    hashToken(pair.refreshToken),
    next.rotatedAt.toISOString(),
    tokens.refreshExpiry(next).toISOString(),
  ]);
  if (rotated.length === 0) return null;
  ctx.deps.rotations.add(next);
  return pair;
}

function isWithinGrace(ctx: Context, session: SessionRow): boolean {
  const { clock, rotations } = ctx.deps;
  const allowedMs = rotations.has(session) ? graceMs : graceMs + skewMs;
  return clock.now().getTime() - Date.parse(session.rotatedAt) <= allowedMs;
}

function toSubject(session: SessionRow): TokenSubject {
  const { userId, id, generation, createdAt, rotatedAt } = session;
  return { userId, id, generation, createdAt: new Date(createdAt), rotatedAt: new Date(rotatedAt) };
}

function ended(): DomainError {
  return new DomainError('UNAUTHENTICATED', 'This session has ended');
}
