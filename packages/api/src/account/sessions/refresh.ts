import type { Rows } from '@alice/db';
import type { Context } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { endSessions } from './end-sessions.ts';
import { dropRefreshCookie, presentedToken } from './refresh-cookie.ts';
import type { RefreshInput } from './schemas.ts';
import { EarlyTokenError, hashToken, type RefreshClaims, type TokenPair, type TokenSubject } from './tokens.ts';

/**
 * So long after its use a refresh token still gives the successor that it gave: two tabs, or a reply that was lost. So long
 * that successor is not exchanged either, or a third tab would come with the token before the one that was used last.
 */
const graceMs = 10_000;
/** The clocks of two processes may differ by so much: an exchange by another process may look older than it is. */
const skewMs = 10_000;

type SessionRow = Pick<
  Rows['sessions'],
  'userId' | 'id' | 'generation' | 'refreshHash' | 'createdAt' | 'rotatedAt' | 'expiresAt' | 'endedAt'
>;

const find = {
  name: 'auth.findSession',
  text: `
    SELECT s.user_id AS "userId", s.id, s.generation, s.refresh_hash AS "refreshHash", s.created_at AS "createdAt",
           s.rotated_at AS "rotatedAt", s.expires_at AS "expiresAt", s.ended_at AS "endedAt"
      FROM sessions s JOIN users u ON u.id = s.user_id
     WHERE s.user_id = $1 AND s.id = $2 AND u.disabled_at IS NULL`,
};

const rotate = {
  name: 'auth.rotateSession',
  text: `
    UPDATE sessions SET generation = $4, refresh_hash = $5, rotated_at = $6, expires_at = $7
     WHERE user_id = $1 AND id = $2 AND refresh_hash = $3 AND ended_at IS NULL
    RETURNING id`,
};

/**
 * Exchanges a refresh token for its successor, by compare-and-swap on the stored hash: of many at once one rotates, the
 * others get the same successor. One that an exchange gave in the last 10 s gives its own pair again. A token that was
 * exchanged longer than 10 s ago is stolen or copied: it ends the session. Without one in the input, that of the cookie
 * counts. Throws UNAUTHENTICATED; FORBIDDEN for a cookie that a page of ours did not send.
 */
export async function refresh(ctx: Context, { refreshToken }: RefreshInput): Promise<TokenPair> {
  if (refreshToken != null) return exchange(ctx, refreshToken, await ctx.deps.tokens.verifyRefresh(refreshToken));
  const presented = presentedToken(ctx);
  return exchange(ctx, presented, await verifyPresented(ctx, presented));
}

/**
 * A cookie that is no token of ours, or has expired, goes. One whose session has ended stays, and costs a 401 each time:
 * this reply may come late, and the browser would drop the cookie of a newer sign-in for it. So does one that is too early
 * for the clock of this process: another one accepts it, and so does this one soon.
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
  // The second time around, a swap that was lost to somebody else shows in the row.
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const session = await findLive(ctx, claims.userId, claims.sessionId);
    if (session.refreshHash.equals(hash)) {
      const successor = (await currentTokens(ctx, session)) ?? (await rotateTokens(ctx, session));
      if (successor !== null) return successor;
    } else if (claims.generation === session.generation - 1 && isWithinGrace(ctx, session)) {
      const successor = await ctx.deps.tokens.issueAgain(toSubject(session), session.refreshHash);
      // A process with a newer key exchanged it: this one cannot say what it gave.
      if (successor === null) throw ended();
      return successor;
    } else {
      const { userId, sessionId } = claims;
      const { deps, request } = ctx;
      await endSessions(deps, { userId, reason: 'reuse', by: sessionId, only: sessionId }, deps.db.query);
      request.log.warn({ userId, sessionId }, 'a used refresh token came back: session ended');
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
 * The pair of a session that was rotated within the grace. Null when it is time to rotate: also where access tokens live
 * for seconds and this one has expired, and where the keys or lifetimes here are not those that it was made with.
 */
async function currentTokens(ctx: Context, session: SessionRow): Promise<TokenPair | null> {
  const { clock, tokens } = ctx.deps;
  // The first pair comes from the sign-in: no token came before it that could come late.
  if (session.generation === 1 || !isWithinGrace(ctx, session)) return null;
  const pair = await tokens.issueAgain(toSubject(session), session.refreshHash);
  return pair !== null && Date.parse(pair.accessTokenExpiresAt) > clock.now().getTime() ? pair : null;
}

/** The successor, or null when somebody else rotated first. */
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
