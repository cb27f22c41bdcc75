import type { Database } from '@alice/db';
import type { Context, UserContext } from '../context.ts';

/** The checks that access control needs of account code. They are passed in, so that procedures import no account code. */
export interface Guards {
  /**
   * Throws FRESH_SIGN_IN_REQUIRED without recent authentication. Returns the database for the operation: its transactions
   * begin only while the session is active.
   */
  requireRecentSignIn(ctx: UserContext): Promise<Database>;
  /** Throws FORBIDDEN if the user is not an administrator at this moment. */
  requireAdministrator(ctx: UserContext): Promise<void>;
  /** The response to a sign-in with a cookie session: moves the refresh token from the body to the cookie. */
  hideRefreshToken(ctx: Context, reply: unknown): unknown;
}
