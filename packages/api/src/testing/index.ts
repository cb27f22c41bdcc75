import { randomUUID } from 'node:crypto';
import type { Database } from '@alice/db';
import { createPasswordHasher } from '../auth/password-hasher.ts';
import { createSessionGate } from '../auth/session-gate.ts';
import { createTokenIssuer } from '../auth/tokens.ts';
import { createChangeFeed } from '../changes/change-feed.ts';
import type { RequestContext } from '../context.ts';
import { createRequestContext, plainRequest } from '../create-request-context.ts';
import type { Clock, Deps, Log } from '../deps.ts';
import { createCallLimiter } from '../limits/call-limiter.ts';
import { createCaller } from '../root.ts';

/** A clock that stands still until it is moved. */
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

/** A log that remembers. */
export function testLog(): Log & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The real thing over `db`, with a clock that can be moved and a hash that costs little. */
export async function testDeps(
  db: Database,
  parts: { clock?: Clock; log?: Log; gateAgeMs?: number; callsPerMinute?: number } = {},
): Promise<Deps> {
  const { clock = testClock(), log = testLog(), gateAgeMs = 0, callsPerMinute = 1_000_000 } = parts;
  const secrets = ['a key that only the tests of this project ever use'] as const;
  const tokens = createTokenIssuer({ secrets, accessMinutes: 15, refreshDays: 7, sessionDays: 30 }, clock);
  return {
    db,
    clock,
    log,
    tokens,
    passwords: await createPasswordHasher({
      memoryCost: 8,
      timeCost: 2,
      parallelism: 1,
      concurrency: 2,
      maxWaiting: 40,
    }),
    sessions: createSessionGate(db, log, {
      accessSeconds: tokens.accessSeconds,
      refreshAfterMs: gateAgeMs,
      staleAfterMs: gateAgeMs,
    }),
    changes: createChangeFeed(db, log, { pollMs: 1000 }),
    limiter: createCallLimiter(callsPerMinute),
    runningKeys: new Set(),
  };
}

/** What a request with this access token, and with this idempotency key, knows. */
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

/** Calls procedures as a client with this access token does, through the whole ladder. */
export function callAs(deps: Deps, accessToken: string | null, key?: string) {
  return createCaller(() => requestContext(deps, accessToken, key));
}

export const testPassword = 'correct horse battery staple';

/** A new person with a session. */
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
