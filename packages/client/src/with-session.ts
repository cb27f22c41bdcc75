import { AliceError, isAliceError } from './alice-error.ts';
import type { Call, Send } from './call.ts';
import { Credentials } from './credentials.ts';
import type { Session } from './session.ts';
import { isTokens, type Tokens } from './token-store.ts';
import { within } from './within.ts';

/** They need no session: they give one. */
const signsIn: ReadonlySet<string> = new Set(['auth.register', 'auth.login', 'auth.refresh']);

/** Who is signed in has changed, by a call of this client. */
type OnPerson = () => void;

/**
 * Signs calls, keeps the session that a sign-in gives, and drops it at the sign-out. A call that the server refuses as
 * UNAUTHENTICATED, which it does before anything is done, is sent once more with a renewed token.
 */
export function withSession(send: Send, session: Session, onPerson: OnPerson): Send {
  return async (call) => {
    if (signsIn.has(call.path)) {
      const output = await send(call);
      await session.start(tokensOf(output));
      if (call.path !== 'auth.refresh') onPerson();
      return output;
    }
    return call.path === 'auth.logout' ? sendLogout(call) : sendSigned(call);
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

  /** A session that the server does not know any more is as good as signed out. */
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

function isUnauthenticated(error: unknown): boolean {
  return isAliceError(error) && error.code === 'UNAUTHENTICATED';
}

/** The tokens in the output of a procedure that signs in: `auth.refresh` gives them bare, the others beside the user. */
export function tokensOf(output: unknown): Tokens {
  const tokens = typeof output === 'object' && output !== null && 'tokens' in output ? output.tokens : output;
  if (!isTokens(tokens)) throw new AliceError('INTERNAL', 'The server gave no tokens');
  return tokens;
}
