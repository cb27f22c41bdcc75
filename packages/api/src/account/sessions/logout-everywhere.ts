import type { UserContext } from '../../context.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { endSessions } from './end-sessions.ts';
import { dropRefreshCookie } from './refresh-cookie.ts';
import type { LogoutEverywhereInput, SessionsEndedOut } from './schemas.ts';

/** Revokes all sessions of the user, or all others. */
export async function logoutEverywhere(
  ctx: UserContext,
  { keepThis }: LogoutEverywhereInput,
): Promise<SessionsEndedOut> {
  const { deps, user } = ctx;
  const which = { userId: user.id, reason: 'revoked', by: user.sessionId } as const;
  const ended = await deps.db.transaction(async ({ query }) => {
    await lockPerson(user.id, query);
    return endSessions(deps, keepThis ? { ...which, except: user.sessionId } : which, query);
  });
  if (!keepThis) dropRefreshCookie(ctx);
  return { ended };
}
