import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '@alice/db';
import { createRequestContext, plainRequest } from '../account/sessions/create-request-context.ts';
import { createSessionGate } from '../account/sessions/session-gate.ts';
import type { RequestContext } from '../context.ts';
import { createDeps } from '../create-deps.ts';
import type { Deps } from '../deps.ts';
import type { JobData, JobName, JobQueue } from '../platform/jobs/job-queue.ts';
import type { Mail } from '../platform/mail/mails.ts';
import { sendMail } from '../platform/mail/send-mail.ts';
import { createCallLimiter } from '../platform/rate-limits/call-limiter.ts';
import { type GuessLimiter, uncounted } from '../platform/rate-limits/guesses.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import type { Log } from '../platform/runtime/log.ts';
import { createCaller } from '../root.ts';

export { recordedPasswords, signInFrom } from './attack.ts';

export { codeAt, softAuthenticator } from './authenticator.ts';

/** A clock that only moves when told to. */
export interface TestClock extends Clock {
  advance(time: { seconds?: number; minutes?: number; hours?: number; days?: number }): void;
  set(instant: string): void;
}

export function testClock(start = '2026-03-04T10:00:00.000Z'): TestClock {
  let now = Date.parse(start);
  return {
    now: () => new Date(now),
    set: (instant) => {
      now = Date.parse(instant);
    },
    advance: ({ seconds = 0, minutes = 0, hours = 0, days = 0 }) => {
      now += (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
    },
  };
}

export interface LoggedLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

/** A log that records its lines. */
export function testLog(): Log & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

interface RecordedJob {
  readonly name: JobName;
  readonly data: JobData[JobName];
}

/** A job queue that records its jobs and runs none. */
export function recordedJobs(): JobQueue & { readonly sent: RecordedJob[]; mailsTo(email: string): Mail[] } {
  const sent: RecordedJob[] = [];
  return {
    sent,
    mailsTo: (email) => sent.flatMap(({ data }) => ('kind' in data && data.to === email ? [data] : [])),
    send: async (name, data) => {
      sent.push({ name, data });
    },
  };
}

/** Sends mails as the job does, and returns the kinds of those that were sent. */
export async function deliver(deps: Deps, mails: readonly Mail[]): Promise<Mail['kind'][]> {
  const kinds: Mail['kind'][] = [];
  const mailer = { send: async ({ kind }: { readonly kind: Mail['kind'] }) => void kinds.push(kind) };
  for (const data of mails) await sendMail(deps, mailer, { id: randomUUID(), data });
  return kinds;
}

/** Resolves in a later turn of the event loop, as Redis does: a transaction that waits for it fails. */
function asFromRedis(guesses: GuessLimiter): GuessLimiter {
  return {
    async count(guess) {
      await nextTurn();
      return guesses.count(guess);
    },
  };
}

const secrets = ['a key that only the tests of this project ever use'] as const;
const cheapHashing = { memoryCost: 8, timeCost: 2, parallelism: 1, concurrency: 2, maxWaiting: 40 };

/** Options of a test: its own dependencies, the maximum age of the gate's data, and the rate limit. */
export type TestParts = Partial<Deps> & { readonly gateAgeMs?: number; readonly callsPerMinute?: number };

/** The real dependencies over `db`, with a clock that can be moved and a cheap password hash. */
export async function testDeps(db: Database, parts: TestParts = {}): Promise<Deps> {
  const { gateAgeMs = 0, callsPerMinute = 1_000_000, clock = testClock(), log = testLog(), ...own } = parts;
  const gate = { accessSeconds: 15 * 60, refreshAfterMs: gateAgeMs, staleAfterMs: gateAgeMs };
  return createDeps(
    {
      db,
      log,
      secrets,
      jobs: own.jobs ?? recordedJobs(),
      hashing: cheapHashing,
      site: { adminEmails: new Set(['boss@example.com']) },
    },
    {
      clock,
      sessions: createSessionGate(db, log, gate),
      limiter: createCallLimiter({ callsPerMinute }),
      ...own,
      guesses: asFromRedis(own.guesses ?? uncounted),
    },
  );
}

/** The request info of a request with this access token and this idempotency key. */
export function requestContext(deps: Deps, accessToken: string | null, key?: string): Promise<RequestContext> {
  const request = plainRequest({
    id: randomUUID(),
    log: deps.log,
    authorization: accessToken === null ? null : `Bearer ${accessToken}`,
    address: '192.0.2.1',
    userAgent: 'tests',
    idempotencyKeys: key === undefined ? null : [key],
  });
  return createRequestContext(deps, request);
}

/** Calls procedures as a client with this access token, with all middlewares. */
export function callAs(deps: Deps, accessToken: string | null, key?: string) {
  return createCaller(() => requestContext(deps, accessToken, key));
}

export const testPassword = 'correct horse battery staple';

/** A new user with a session. */
export async function signUp(deps: Deps, profile: { name?: string; timeZone?: string } = {}) {
  const email = `${randomUUID()}@example.com`;
  const { user, tokens } = await callAs(deps, null).auth.register({
    email,
    password: testPassword,
    name: 'Ada',
    ...profile,
  });
  return { email, user, tokens, api: callAs(deps, tokens.accessToken) };
}

/** A new user with a session and a verified address, which gets notices. */
export async function signUpVerified(deps: Deps, profile: { name?: string; timeZone?: string } = {}) {
  const person = await signUp(deps, profile);
  const emailVerifiedAt = deps.clock.now();
  await deps.db.prisma.user.update({ where: { id: person.user.id }, data: { emailVerifiedAt } });
  return { ...person, user: await person.api.users.me() };
}
