import type { Database } from '@alice/db';
import type { Context, UserContext } from '../context.ts';

/** What the ladder asks of account. It is handed in, so that procedures know no room of account. */
export interface Guards {
  /**
   * Throws FRESH_SIGN_IN_REQUIRED unless the person showed a short while ago who they are. Gives the database for what they do then:
   * its transactions begin only while the session is live.
   */
  requireRecentSignIn(ctx: UserContext): Promise<Database>;
  /** Throws FORBIDDEN unless the person is an administrator now. */
  requireAdministrator(ctx: UserContext): Promise<void>;
  /** The reply to a sign-in, for a page that keeps its refresh token in a cookie: the token leaves the body. */
  hideRefreshToken(ctx: Context, reply: unknown): unknown;
}
