import type { Database } from '@alice/db';
import type { Caller, Identity } from '../context.ts';
import type { Log } from '../deps.ts';
import { DomainError, invalidKey } from '../errors.ts';

/** `scopes` tells an API key from a session. */
type GateCaller = Identity & Partial<Pick<Caller, 'scopes'>>;

export interface SessionGate {
  /**
   * Throws UNAUTHENTICATED if the session or API key has ended or its person is disabled, here or on any other process, a second
   * ago or more. Returns at once, with no promise, when what it knows is fresh; throws if it cannot know.
   */
  check(identity: GateCaller): void | Promise<void>;
  /** Closes the gate to a session at once in this process; the others see it in the database. */
  end(sessionId: string): void;
}

export interface SessionGateOptions {
  /** How long an access token lives: a session that ended longer ago has none left. */
  readonly accessSeconds: number;
  /** From this age on, what is known is read again in the background. */
  readonly refreshAfterMs?: number;
  /** Past this age, a request waits for the reading. */
  readonly staleAfterMs?: number;
}

/** Covers a transaction that ended a session but committed after a later one: longer than any transaction may run. */
const overlapSeconds = 30;

const endedSessions = {
  name: 'auth.endedSessions',
  text: `
    SELECT id, false AS disabled FROM sessions
     WHERE ended_at > clock_timestamp() - make_interval(secs => $1::float8)
    UNION ALL
    SELECT id, false FROM api_keys
     WHERE ended_at > clock_timestamp() - make_interval(secs => $1::float8)
    UNION ALL
    SELECT id, true FROM users
     WHERE disabled_at > clock_timestamp() - make_interval(secs => $2::float8)`,
};

/**
 * Knows which access tokens no longer count, at the price of one small query per half second for the whole process
 * instead of one per request. It reads only when requests come, and every process reads for itself: revocation binds
 * within a second with or without Redis.
 */
export function createSessionGate(db: Pick<Database, 'query'>, log: Log, options: SessionGateOptions): SessionGate {
  const { accessSeconds, refreshAfterMs = 400, staleAfterMs = 900 } = options;
  /** Ended sessions by the time they were seen. An entry outlives every access token of its session. */
  const ended = new Map<string, number>();
  let disabled = new Set<string>();
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;

  async function read(): Promise<void> {
    const startedAt = performance.now();
    const horizon = accessSeconds + overlapSeconds;
    const sinceLast = (startedAt - readAt) / 1000 + overlapSeconds;
    const rows = await db.query<{ id: string; disabled: boolean }>(endedSessions, [
      Math.min(sinceLast, horizon),
      horizon,
    ]);
    const nowDisabled = new Set<string>();
    for (const row of rows) {
      if (row.disabled) nowDisabled.add(row.id);
      else end(row.id, startedAt);
    }
    disabled = nowDisabled;
    readAt = startedAt;
    forget(startedAt - horizon * 1000);
  }

  function end(sessionId: string, at = performance.now()): void {
    if (!ended.has(sessionId)) ended.set(sessionId, at);
  }

  /** The map is in the order of insertion, so the oldest stand first. */
  function forget(before: number): void {
    for (const [sessionId, at] of ended) {
      if (at >= before) return;
      ended.delete(sessionId);
    }
  }

  function startReading(): Promise<void> {
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  }

  function decide(identity: GateCaller): void {
    if (ended.has(identity.sessionId) || disabled.has(identity.id)) {
      throw identity.scopes == null ? new DomainError('UNAUTHENTICATED', 'This session has ended') : invalidKey();
    }
  }

  async function readAndDecide(identity: GateCaller): Promise<void> {
    await startReading();
    decide(identity);
  }

  return {
    end,
    check(identity) {
      const age = performance.now() - readAt;
      if (age >= staleAfterMs) return readAndDecide(identity);
      if (age >= refreshAfterMs) {
        // Until the knowledge is stale the last reading is recent enough; from then on requests see the failure.
        startReading().catch((error: unknown) => log.warn({ err: error }, 'could not read which sessions have ended'));
      }
      return decide(identity);
    },
  };
}
