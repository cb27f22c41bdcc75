import { AliceError, isUnauthenticated } from './alice-error.ts';
import type { Call, Send } from './call.ts';
import { Credentials } from './credentials.ts';
import { isRecord } from './foreign-reply.ts';
import type { Session } from './session.ts';
import type { Tokens } from './token-store.ts';
import { within } from './within.ts';

/** Procedures that need no session, since they start one. */
const signsIn = /^auth\.(register|login|refresh)$|\.signIn$/;

/** A call of this client has changed who is signed in. */
type OnPerson = () => void;

/**
 * Authenticates calls, stores the session of a sign-in, and removes it at a sign-out. A call that fails with
 * UNAUTHENTICATED, which means that nothing was done, is sent once more with a refreshed token.
 */
export function withSession(send: Send, session: Session, onPerson: OnPerson): Send {
  return async (call) => {
    const { path, input } = call;
    if (path === 'auth.logout') return sendLogout(call);
    const output = await (signsIn.test(path) ? send(call) : sendSigned(call));
    // Every procedure that returns tokens is a sign-in.
    const tokens = path === 'auth.refresh' ? tokensOf(output) : isRecord(output) ? asTokens(output['tokens']) : null;
    if (tokens !== null) await session.start(tokens);
    if (tokens !== null && path !== 'auth.refresh') onPerson();
    if (path === 'auth.logoutEverywhere' && !(isRecord(input) && input['keepThis'] === true)) await endSession();
    return output;
  };

  async function sendSigned(call: Call): Promise<unknown> {
    const credentials = new Credentials(await within(call, () => session.accessToken()));
    try {
      return await send(signed(call, credentials));
    } catch (error) {
      if (!isUnauthenticated(error)) throw error;
      const renewed = await within(call, () => session.renew(credentials.accessToken));
      if (renewed === undefined) throw error;
      return send(signed(call, new Credentials(renewed)));
    }
  }

  /** If the server does not know the session, the user is signed out. */
  async function sendLogout(call: Call): Promise<unknown> {
    try {
      const output = await sendSigned(call);
      await endSession();
      return output;
    } catch (error) {
      if (isUnauthenticated(error)) await endSession();
      throw error;
    }
  }

  async function endSession(): Promise<void> {
    await session.end();
    onPerson();
  }
}

function signed(call: Call, credentials: Credentials): Call {
  return { ...call, context: { ...call.context, credentials } };
}

/** The tokens of a refresh. In cookie mode, the refresh token is in the cookie. */
export function tokensOf(output: unknown): Tokens {
  const tokens = asTokens(output);
  if (tokens === null) throw new AliceError('INTERNAL', 'The server returned no tokens');
  return tokens;
}

function asTokens(value: unknown): Tokens | null {
  if (!isRecord(value) || typeof value['accessToken'] !== 'string') return null;
  const { accessToken, refreshToken } = value;
  return { accessToken, refreshToken: typeof refreshToken === 'string' ? refreshToken : '' };
}
