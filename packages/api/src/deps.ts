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
import type { GuessLimiter } from './platform/rate-limits/guesses.ts';
import type { Concurrency } from './platform/rate-limits/run-in-turn.ts';
import type { Clock } from './platform/runtime/clock.ts';
import type { Log } from './platform/runtime/log.ts';
import type { Site } from './platform/runtime/site.ts';
import type { Guards } from './procedures/guards.ts';

/** The dependencies of the process, passed to every request. Created in `start.ts` of the server, or by a test. */
export interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly passwords: PasswordHasher;
  readonly tokens: TokenIssuer;
  readonly sessions: SessionGate;
  readonly rotations: RecentRotations;
  readonly apiKeys: KeyVerifier;
  /** The account checks of access control. */
  readonly guards: Guards;
  readonly changes: ChangeFeed;
  readonly limiter: CallLimiter;
  readonly concurrency: Concurrency;
  readonly guesses: GuessLimiter;
  readonly jobs: JobQueue;
  readonly sealer: Sealer;
  /** Cryptographically secure random bytes. */
  readonly random: (size: number) => Buffer;
  readonly exports: ExportDesk;
  readonly site: Site;
  /** Idempotency keys (`<user> <key>`) of mutations that are running in this process. */
  readonly runningKeys: Set<string>;
}
