import type { Tokens } from '../src/index.ts';
import { type Peer, type PeerCall, type PeerReply, type PeerStream, startPeer } from './peer.ts';

export interface Account extends Peer {
  /** The tokens that count now; null when the session has ended. */
  tokens: Tokens | null;
  refreshes: number;
  /** The refresh token that the browser would send, of a client that keeps it in a cookie. */
  cookie: string | null;
  /** What opens the second step of a login; null: the password is enough. */
  ticket: string | null;
  /** What signs calls beside a session; null: nothing does. */
  apiKey: string | null;
  /** From now on the access tokens given so far are refused, as when they have expired. */
  expireAccess(): void;
  /** How the next refreshes are answered instead. */
  readonly refreshFailures: PeerReply[];
}

interface AccountOptions {
  readonly lifetimeSeconds?: number;
  /** How far the server's clock is from ours: it shows in `iat` and `exp`. */
  readonly clockOffsetMs?: number;
  readonly refreshTakesMs?: number;
  /** Whose token it is, as it says; unless told it says nothing. */
  readonly person?: () => string;
  /** Answers all that needs a live token. */
  readonly answer?: (call: PeerCall) => PeerReply | Promise<PeerReply>;
  /** Takes the streams that come with a live token. */
  readonly openStream?: (stream: PeerStream) => void;
}

const unauthenticated = { code: 'UNAUTHENTICATED', status: 401, message: 'Authentication required' };

/** A server with one account: rotating refresh tokens, access tokens that can expire. All else needs a live one. */
export async function startAccount(options: AccountOptions = {}): Promise<Account> {
  const { lifetimeSeconds = 900, clockOffsetMs = 0, refreshTakesMs = 5 } = options;
  const { person, answer: answerSigned = () => ({ data: {} }), openStream } = options;
  let generation = 0;
  let expired = 0;
  let state: Tokens | null = null;
  /** Access tokens outlive the refresh that replaces them, as the server's do. */
  const generations = new Map<string | undefined, number>();

  function issue(): Tokens {
    generation += 1;
    const iat = Math.floor((Date.now() + clockOffsetMs) / 1000);
    const facts = { sub: person?.(), iat, exp: iat + lifetimeSeconds, generation };
    const claims = Buffer.from(JSON.stringify(facts)).toString('base64url');
    state = { accessToken: `e30.${claims}.signature`, refreshToken: `refresh-${generation}` };
    generations.set(state.accessToken, generation);
    return state;
  }

  const isSigned = ({ bearer }: PeerCall) =>
    (state !== null && (generations.get(bearer) ?? 0) > expired) || (bearer !== undefined && bearer === account.apiKey);

  async function answer(call: PeerCall): Promise<PeerReply> {
    const { path } = call;
    if (path === 'auth.login' && account.ticket !== null) {
      const details = { ticket: account.ticket, methods: ['totp'] };
      return { code: 'SECOND_FACTOR_REQUIRED', status: 401, details };
    }
    if (path === 'auth.login' || path === 'auth.register' || path.endsWith('.signIn')) {
      return { data: { user: {}, tokens: shown(call, issue()) } };
    }
    if (path === 'auth.refresh') return refresh(call);
    if (path === 'auth.requestPasswordReset') return answerSigned(call);
    if (!isSigned(call)) return unauthenticated;
    if (path !== 'auth.logout') return answerSigned(call);
    state = null;
    account.cookie = null;
    return { data: {} };
  }

  const inCookie = ({ headers }: PeerCall) => headers['x-alice-session'] === 'cookie';

  /** The tokens as the body has them. */
  function shown(call: PeerCall, tokens: Tokens) {
    if (!inCookie(call)) return tokens;
    account.cookie = tokens.refreshToken;
    return { ...tokens, refreshToken: null };
  }

  async function refresh(call: PeerCall): Promise<PeerReply> {
    account.refreshes += 1;
    await new Promise((resolve) => setTimeout(resolve, refreshTakesMs));
    const failure = account.refreshFailures.shift();
    if (failure !== undefined) return failure;
    const { refreshToken = inCookie(call) ? account.cookie : undefined } = Object(call.input);
    if (state === null || refreshToken !== state.refreshToken)
      return { ...unauthenticated, message: 'This session has ended' };
    return { data: shown(call, issue()) };
  }

  const peer = await startPeer(answer, undefined, (stream) => {
    if (isSigned(stream.call)) openStream?.(stream);
    else stream.refuse(unauthenticated);
  });
  const account: Account = {
    ...peer,
    get tokens() {
      return state;
    },
    set tokens(tokens) {
      state = tokens;
    },
    refreshes: 0,
    cookie: null,
    ticket: null,
    apiKey: null,
    refreshFailures: [],
    expireAccess() {
      expired = generation;
    },
  };
  return account;
}
