import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { endSessions } from './end-sessions.ts';
import { dropRefreshCookie } from './refresh-cookie.ts';
import type { SessionInput } from './schemas.ts';

/** Revokes a session of the user. Throws NOT_FOUND for a session that is foreign, ended or unknown. */
export async function revokeSession(ctx: UserContext, { id }: SessionInput): Promise<{ ok: true }> {
  const { deps, user } = ctx;
  await deps.db.transaction(async ({ query }) => {
    await lockPerson(user.id, query);
    const which = { userId: user.id, reason: 'revoked', by: user.sessionId, only: id } as const;
    if ((await endSessions(deps, which, query)) === 0) throw notFound('session');
  });
  if (id === user.sessionId) dropRefreshCookie(ctx);
  return { ok: true };
}
