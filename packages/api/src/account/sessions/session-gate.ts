import type { Database } from '@alice/db';
import type { Caller, Identity } from '../../context.ts';
import { DomainError, invalidKey } from '../../errors/domain-error.ts';
import type { Log } from '../../platform/runtime/log.ts';

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
  /** Counts while the machine runs, and is never stepped. */
  readonly monotonicMs?: () => number;
  /** Goes on while the machine is suspended, and may be stepped. */
  readonly wallMs?: () => number;
}

/** Covers a transaction that ended a session but committed after a later one: longer than any transaction may run. */
const overlapSeconds = 30;
/** Covers a step of the database's clock, where no reading before it says what that was. */
const stepSeconds = 90;

/**
 * $1 the database's clock at the last reading, null before the first; $2 how far back a session may have ended whose tokens
 * are still alive. By the database's clock alone, which writes `ended_at`, too: where it was stepped back since, from
 * where it stands now; where it was stepped on, from where it stood.
 */
const endedSessions = {
  name: 'auth.endedSessions',
  text: `
    WITH clock AS MATERIALIZED (
      SELECT now, now - make_interval(secs => $2::float8) AS oldest FROM clock_timestamp() AS c(now)
    ), since AS MATERIALIZED (
      SELECT CASE WHEN $1::timestamptz IS NULL THEN oldest
                  ELSE least($1, now) - make_interval(secs => ${overlapSeconds}) END AS since FROM clock
    )
    SELECT NULL AS id, false AS disabled, now::text AS now FROM clock
    UNION ALL
    SELECT id, false, NULL FROM sessions WHERE ended_at > (SELECT since FROM since)
    UNION ALL
    SELECT id, false, NULL FROM api_keys WHERE ended_at > (SELECT since FROM since)
    UNION ALL
    SELECT id, true, NULL FROM users WHERE disabled_at > (SELECT oldest FROM clock)`,
};

/** The first row says the time, the others what ended. */
interface EndedRow {
  readonly id: string | null;
  readonly disabled: boolean;
  readonly now: string | null;
}

/**
 * Knows which access tokens no longer count, at the price of one small query per half second for the whole process
 * instead of one per request. It reads only when requests come, and every process reads for itself: revocation binds
 * within a second with or without Redis.
 */
export function createSessionGate(db: Pick<Database, 'query'>, log: Log, options: SessionGateOptions): SessionGate {
  const { accessSeconds, refreshAfterMs = 400, staleAfterMs = 900 } = options;
  const { monotonicMs = () => performance.now(), wallMs = Date.now } = options;
  const horizon = accessSeconds + overlapSeconds + stepSeconds;
  /** Ended sessions by the time they were seen. An entry outlives every access token of its session. */
  const ended = new Map<string, number>();
  let disabled = new Set<string>();
  let readAt = { monotonic: Number.NEGATIVE_INFINITY, wall: Number.NEGATIVE_INFINITY };
  /** The database's clock at the last reading, as it writes it. */
  let readThrough: string | null = null;
  let reading: Promise<void> | null = null;

  async function read(): Promise<void> {
    const startedAt = { monotonic: monotonicMs(), wall: wallMs() };
    // After so long no token is alive whose session the last reading could have missed.
    const since = ageMs() > horizon * 1000 ? null : readThrough;
    const rows = await db.query<EndedRow>(endedSessions, [since, horizon]);
    const nowDisabled = new Set<string>();
    for (const { id, disabled: isDisabled, now } of rows) {
      if (id === null) readThrough = now;
      else if (isDisabled) nowDisabled.add(id);
      else end(id, startedAt.monotonic);
    }
    disabled = nowDisabled;
    readAt = startedAt;
    forget(startedAt.monotonic - horizon * 1000);
  }

  /** How old the last reading is, by whichever clock says more: one stands still in a suspended machine, one is stepped. */
  function ageMs(): number {
    return Math.max(monotonicMs() - readAt.monotonic, wallMs() - readAt.wall);
  }

  function end(sessionId: string, at = monotonicMs()): void {
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
      const age = ageMs();
      if (age >= staleAfterMs) return readAndDecide(identity);
      if (age >= refreshAfterMs) {
        // Until the knowledge is stale the last reading is recent enough; from then on requests see the failure.
        startReading().catch((error: unknown) => log.warn({ err: error }, 'could not read which sessions have ended'));
      }
      return decide(identity);
    },
  };
}
