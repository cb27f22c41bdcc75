import type { Deps } from './deps.ts';
import type { DomainError } from './errors/domain-error.ts';
import type { RunBefore } from './platform/idempotency/before-transaction.ts';
import type { Budget } from './platform/rate-limits/call-limiter.ts';
import type { Log } from './platform/runtime/log.ts';
import type { Scope } from './platform/schemas/scopes.ts';

/** The caller, from a verified access token or API key. */
export interface Identity {
  readonly id: string;
  /** The session or the API key of the call. */
  readonly sessionId: string;
}

/** A verified access token or API key, and its expiry (milliseconds since 1970). */
export interface Caller extends Identity {
  readonly expires: number;
  /** The scopes of an API key; null for a session, which has all rights of its user. */
  readonly scopes: ReadonlySet<Scope> | null;
}

/** Request info from the transport. */
export interface RequestFacts {
  readonly id: string;
  /** Bound to this request. */
  readonly log: Log;
  /** The raw `Authorization` header. */
  readonly authorization: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  /** One for each call of the request, in order; null if the client sent none. */
  readonly idempotencyKeys: readonly string[] | null;
  /** The client's cached copy, if the transport can respond with "not modified". */
  readonly held: HeldCopy | null;
  /** Where the client keeps its refresh token: in the body or in an HttpOnly cookie; or the error that forbids it. */
  readonly sessionIn: 'body' | 'cookie' | DomainError;
  /** The refresh token in the cookie, whether or not it may be used. */
  readonly refreshCookie: string | null;
  /** Whether the client has disconnected. Checked only during long work. */
  readonly hasLeft: () => boolean;
  /** Response data besides the body. */
  readonly reply: ReplyFacts;
}

/** The client's cached copy, for a conditional request. */
export interface HeldCopy {
  /** Whether it was made at this change number of the user; the transport stores the number. */
  isOf(userId: string, number: number): boolean;
}

export interface ReplyFacts {
  /** The caller's rate limit state. */
  budget: Budget | null;
  /** When the response of a mutation with an idempotency key was created; a stored response keeps its time. */
  givenAt: string | null;
  /** The new refresh token cookie; null: unchanged. */
  refreshCookie: RefreshCookie | null;
}

/** A refresh token for the cookie; a lifetime of 0 seconds deletes the cookie. */
export interface RefreshCookie {
  readonly value: string;
  readonly maxAgeSeconds: number;
}

/** The context of every operation. */
export interface Context {
  readonly deps: Deps;
  readonly request: RequestFacts;
  /** Set if `deps.db` is the transaction of a mutation with an idempotency key: see `beforeTransaction`. */
  readonly runBefore?: RunBefore | undefined;
  /** The group of changes that the operation is part of: see `writeGroup`. */
  readonly group?: number | undefined;
}

/** The idempotency key of a sign-in, and the hash of its request. */
export interface StartKey {
  readonly key: string;
  readonly hash: Buffer;
}

/** The context of an operation that signs a user in. */
export interface StartContext extends Context {
  readonly start: StartKey | null;
}

/** The context of an operation on the user's own data. */
export interface UserContext extends Context {
  readonly user: Identity;
}

/** The context of a request before access control: the caller, or the error why there is none. */
export interface RequestContext extends Context {
  readonly caller: Caller | DomainError;
}
