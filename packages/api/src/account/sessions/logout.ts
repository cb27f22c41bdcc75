import type { UserContext } from '../../context.ts';
import { endSessions } from './end-sessions.ts';
import { dropRefreshCookie } from './refresh-cookie.ts';

/** Revokes the session of the call. */
export async function logout(ctx: UserContext): Promise<{ ok: true }> {
  const { deps, user } = ctx;
  const { id: userId, sessionId } = user;
  await endSessions(deps, { userId, reason: 'logout', by: sessionId, only: sessionId }, deps.db.query);
  dropRefreshCookie(ctx);
  return { ok: true };
}
