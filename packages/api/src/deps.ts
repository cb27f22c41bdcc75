import type { Database } from '@alice/db';
import type { PasswordHasher } from './auth/password-hasher.ts';
import type { SessionGate } from './auth/session-gate.ts';
import type { TokenIssuer } from './auth/tokens.ts';
import type { ChangeFeed } from './changes/change-feed.ts';
import type { CallLimiter } from './limits/call-limiter.ts';

/** What the process owns and hands to every request. Made in `main.ts`, or by a test. */
export interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly passwords: PasswordHasher;
  readonly tokens: TokenIssuer;
  readonly sessions: SessionGate;
  readonly changes: ChangeFeed;
  readonly limiter: CallLimiter;
  /** The idempotency keys (`<person> <key>`) whose mutation is under way in this process. */
  readonly runningKeys: Set<string>;
}

export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** The part of a pino logger that the product uses. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
