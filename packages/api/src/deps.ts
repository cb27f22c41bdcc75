import type { Database } from '@alice/db';
import type { KeyVerifier } from './account/api-keys/key-verifier.ts';
import type { ExportDesk } from './account/export/export-desk.ts';
import type { PasswordHasher } from './account/passwords/password-hasher.ts';
import type { RecentRotations } from './account/sessions/recent-rotations.ts';
import type { SessionGate } from './account/sessions/session-gate.ts';
import type { TokenIssuer } from './account/sessions/tokens.ts';
import type { Sealer } from './platform/crypto/seal.ts';
import type { ChangeFeed } from './platform/events/change-feed.ts';
import type { JobQueue } from './platform/jobs/job-queue.ts';
import type { CallLimiter } from './platform/rate-limits/call-limiter.ts';
import type { ConcurrencyLimiter } from './platform/rate-limits/concurrency-limiter.ts';
import type { GuessLimiter } from './platform/rate-limits/guesses.ts';

/** What the process owns and hands to every request. Made in `main.ts`, or by a test. */
export interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly passwords: PasswordHasher;
  readonly tokens: TokenIssuer;
  readonly sessions: SessionGate;
  readonly rotations: RecentRotations;
  readonly apiKeys: KeyVerifier;
  readonly changes: ChangeFeed;
  readonly limiter: CallLimiter;
  /** What one person, or one network of callers who are nobody, may have under way at once. */
  readonly concurrency: { readonly ofPerson: ConcurrencyLimiter; readonly ofNetwork: ConcurrencyLimiter };
  readonly guesses: GuessLimiter;
  readonly jobs: JobQueue;
  readonly sealer: Sealer;
  /** Cryptographically strong random bytes. */
  readonly random: (size: number) => Buffer;
  readonly exports: ExportDesk;
  readonly site: Site;
  /** The idempotency keys (`<person> <key>`) whose mutation is under way in this process. */
  readonly runningKeys: Set<string>;
}

/** How the outside knows this service. */
export interface Site {
  /** What it calls itself in mails and authenticator apps. */
  readonly name: string;
  /** Where people reach it, with no slash at the end: links in mails lead there, and passkeys belong to its host. */
  readonly url: string;
  /** The origins whose pages may use a person's passkeys: its own, and those of CORS. */
  readonly origins: readonly string[];
  /** Whoever shows that one of these addresses is theirs becomes an administrator. In lower case. */
  readonly adminEmails: ReadonlySet<string>;
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
