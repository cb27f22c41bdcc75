import type { Deps, Log } from './deps.ts';
import type { DomainError } from './errors.ts';

/** Who is calling, as a verified access token says. */
export interface Identity {
  readonly id: string;
  readonly sessionId: string;
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
}

/** What every operation may use. */
export interface Context {
  readonly deps: Deps;
  readonly request: RequestFacts;
}

/** What an operation on a person's own data may use. */
export interface UserContext extends Context {
  readonly user: Identity;
}

/** What a request knows before the ladder: the caller, or why there is none. */
export interface RequestContext extends Context {
  readonly caller: Identity | DomainError;
}
