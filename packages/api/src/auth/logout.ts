import type { UserContext } from '../context.ts';
import { endSession } from './end-session.ts';
import { dropRefreshCookie } from './refresh-cookie.ts';

/** Ends the session that the call came with. */
export async function logout(ctx: UserContext): Promise<{ ok: true }> {
  await endSession(ctx, ctx.user, 'logout');
  dropRefreshCookie(ctx);
  return { ok: true };
}
