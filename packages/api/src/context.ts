import type { Deps } from './deps.ts';
import type { DomainError } from './errors/domain-error.ts';
import type { RunBefore } from './platform/idempotency/before-transaction.ts';
import type { Budget } from './platform/rate-limits/call-limiter.ts';
import type { Log } from './platform/runtime/log.ts';
import type { Scope } from './platform/schemas/scopes.ts';

/** Who is calling, as a verified access token says. */
export interface Identity {
  readonly id: string;
  /** The session, or the API key, that the call came with. */
  readonly sessionId: string;
}

/** What a verified access token or API key says, and until when (milliseconds since 1970). */
export interface Caller extends Identity {
  readonly expires: number;
  /** What an API key may do; null for a session, which may do whatever the person may. */
  readonly scopes: ReadonlySet<Scope> | null;
}

/** What a transport knows of a request. */
export interface RequestFacts {
  readonly id: string;
  /** Bound to this request. */
  readonly log: Log;
  /** The `Authorization` header as it came. */
  readonly authorization: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  /** One for each call of the request, in their order; null where the client sent none. */
  readonly idempotencyKeys: readonly string[] | null;
  /** What the client holds already, where the transport can answer "not modified". */
  readonly held: HeldCopy | null;
  /** Where the client keeps its refresh token: in the body's, or in a cookie that no script sees; or why it may not. */
  readonly sessionIn: 'body' | 'cookie' | DomainError;
  /** The refresh token that came as a cookie, whether or not it may be used. */
  readonly refreshCookie: string | null;
  /** Whether nobody waits for the reply any more. Asked only where something takes long. */
  readonly hasLeft: () => boolean;
  /** What the transport says of the reply beside its body. */
  readonly reply: ReplyFacts;
}

/** The copy of a read that a client holds. */
export interface HeldCopy {
  /** Whether it was made when the person's latest change was this one; the transport remembers what it was asked about. */
  isOf(userId: string, number: number): boolean;
}

export interface ReplyFacts {
  /** What is left of the caller's budget. */
  budget: Budget | null;
  /** When the reply to a mutation under an idempotency key was first given, so that it is given again with the same time. */
  givenAt: string | null;
  /** What becomes of the cookie with the refresh token; null: it stays as it is. */
  refreshCookie: RefreshCookie | null;
}

/** A refresh token for the cookie; one that lasts 0 seconds takes the cookie away. */
export interface RefreshCookie {
  readonly value: string;
  readonly maxAgeSeconds: number;
}

/** What every operation may use. */
export interface Context {
  readonly deps: Deps;
  readonly request: RequestFacts;
  /** Given where `deps.db` is the transaction of a keyed mutation: see `beforeTransaction`. */
  readonly runBefore?: RunBefore | undefined;
}

/** The idempotency key that a sign-in came with, and the hash of what it asked for. */
export interface StartKey {
  readonly key: string;
  readonly hash: Buffer;
}

/** What an operation that signs somebody in may use. */
export interface StartContext extends Context {
  readonly start: StartKey | null;
}

/** What an operation on a person's own data may use. */
export interface UserContext extends Context {
  readonly user: Identity;
}

/** What a request knows before the ladder: the caller, or why there is none. */
export interface RequestContext extends Context {
  readonly caller: Caller | DomainError;
}
