import { randomBytes } from 'node:crypto';
import type { Database } from '@alice/db';
import { requireAdministrator } from './account/admin/require-administrator.ts';
import { createKeyVerifier } from './account/api-keys/key-verifier.ts';
import { createExportDesk } from './account/export/export-desk.ts';
import { normalisePasswords } from './account/passwords/normalise-passwords.ts';
import {
  createPasswordHasher,
  type PasswordHasherOptions,
  passwordHashing,
} from './account/passwords/password-hasher.ts';
import { sendPasswordReset } from './account/passwords/send-password-reset.ts';
import { createRecentRotations } from './account/sessions/recent-rotations.ts';
import { hideRefreshToken } from './account/sessions/refresh-cookie.ts';
import { requireRecentSignIn } from './account/sessions/require-recent-sign-in.ts';
import { createSessionGate } from './account/sessions/session-gate.ts';
import { createTokenIssuer, type TokenOptions } from './account/sessions/tokens.ts';
import { recordFailedSignIn } from './account/sign-in/record-failed-sign-in.ts';
import type { Deps } from './deps.ts';
import { createSealer } from './platform/crypto/seal.ts';
import { createChangeFeed } from './platform/events/change-feed.ts';
import type { JobHandlers } from './platform/jobs/create-job-queue.ts';
import type { JobQueue } from './platform/jobs/job-queue.ts';
import type { Mailer } from './platform/mail/mailer.ts';
import { sendMail } from './platform/mail/send-mail.ts';
import { createCallLimiter } from './platform/rate-limits/call-limiter.ts';
import {
  createConcurrencyLimiter,
  networkConcurrency,
  personConcurrency,
} from './platform/rate-limits/concurrency-limiter.ts';
import { uncounted } from './platform/rate-limits/guesses.ts';
import { systemClock } from './platform/runtime/clock.ts';
import type { Log } from './platform/runtime/log.ts';
import type { Site } from './platform/runtime/site.ts';

/** Dependencies without a default. */
export interface DepsOptions {
  readonly db: Database;
  readonly log: Log;
  readonly jobs: JobQueue;
  readonly secrets: TokenOptions['secrets'];
  readonly lifetimes?: Partial<Omit<TokenOptions, 'secrets'>>;
  readonly hashing?: PasswordHasherOptions;
  readonly site?: Partial<Site>;
}

/** A session ends `sessionDays` after its sign-in, however often it is refreshed. */
const lifetimes = { accessMinutes: 15, refreshDays: 7, sessionDays: 30 };
/**
 * How long a verified API key is cached, unless access tokens are shorter: the session gate remembers revocations only
 * that long.
 */
const keyMemorySeconds = 300;
const site: Site = {
  name: 'ALICE',
  url: 'http://localhost:8000',
  origins: ['http://localhost:8000'],
  adminEmails: new Set(),
};

/** Assembles the dependencies of a process. `own` replaces parts, such as the clock in a test or a limiter with Redis. */
export async function createDeps(options: DepsOptions, own: Partial<Deps> = {}): Promise<Deps> {
  const { db, log, jobs, secrets } = options;
  const clock = own.clock ?? systemClock;
  const random = own.random ?? randomBytes;
  const tokens = own.tokens ?? createTokenIssuer({ secrets, ...lifetimes, ...options.lifetimes }, clock);
  return {
    db,
    log,
    jobs,
    clock,
    random,
    tokens,
    passwords: normalisePasswords(own.passwords ?? (await createPasswordHasher(options.hashing ?? passwordHashing))),
    sessions: own.sessions ?? createSessionGate(db, log, { accessSeconds: tokens.accessSeconds }),
    rotations: own.rotations ?? createRecentRotations(),
    apiKeys:
      own.apiKeys ??
      createKeyVerifier(db, clock, log, { rememberSeconds: Math.min(keyMemorySeconds, tokens.accessSeconds) }),
    guards: own.guards ?? { requireRecentSignIn, requireAdministrator, hideRefreshToken },
    changes: own.changes ?? createChangeFeed(db, log, { pollMs: 1000 }),
    limiter: own.limiter ?? createCallLimiter({ callsPerMinute: Number.MAX_SAFE_INTEGER }),
    concurrency: own.concurrency ?? {
      ofPerson: createConcurrencyLimiter(personConcurrency),
      ofNetwork: createConcurrencyLimiter(networkConcurrency),
    },
    guesses: own.guesses ?? uncounted,
    exports: own.exports ?? createExportDesk(),
    sealer: own.sealer ?? createSealer(secrets, random),
    site: { ...site, ...options.site },
    runningKeys: new Set(),
  };
}

/** The handler of each job. */
export function createJobHandlers(deps: Deps, mailer: Mailer): JobHandlers {
  return {
    mail: (job) => sendMail(deps, mailer, job),
    'password-reset': ({ data }) => sendPasswordReset({ deps }, data),
    'failed-sign-in': async (job) => {
      await recordFailedSignIn(deps, job);
    },
  };
}
