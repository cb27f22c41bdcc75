import type { UserContext } from '../../context.ts';
import { endSessions } from './end-sessions.ts';
import { dropRefreshCookie } from './refresh-cookie.ts';

/** Ends the session that the call came with. */
export async function logout(ctx: UserContext): Promise<{ ok: true }> {
  const { deps, user } = ctx;
  const { id: userId, sessionId } = user;
  await endSessions(deps, { userId, reason: 'logout', by: sessionId, only: sessionId }, deps.db.query);
  dropRefreshCookie(ctx);
  return { ok: true };
}
