import { type Database, sql, types } from '@alice/db';
import type { Caller, Identity } from '../../context.ts';
import { DomainError, invalidKey } from '../../errors/domain-error.ts';
import type { Log } from '../../platform/runtime/log.ts';

/** `scopes` is set for an API key and null for a session. */
type GateCaller = Identity & Partial<Pick<Caller, 'scopes'>>;

export interface SessionGate {
  /**
   * Throws UNAUTHENTICATED if the session or API key ended, or its user was disabled, a second ago or earlier, in any
   * process. Returns synchronously if its data is recent. Throws if it cannot read the data.
   */
  check(identity: GateCaller): void | Promise<void>;
  /** Ends a session in this process at once; other processes see it in the database. */
  end(sessionId: string): void;
}

export interface SessionGateOptions {
  /** The lifetime of access tokens: a session that ended earlier than that has no valid token left. */
  readonly accessSeconds: number;
  /** From this age on, the data is refreshed in the background. */
  readonly refreshAfterMs?: number;
  /** Beyond this age, requests wait for the refresh. */
  readonly staleAfterMs?: number;
  /** A monotonic clock, which stops while the machine is suspended. */
  readonly monotonicMs?: () => number;
  /** The wall clock, which continues while the machine is suspended but can be changed. */
  readonly wallMs?: () => number;
}

/** Covers a transaction that ended a session but commits after a later one: longer than any transaction may run. */
const overlapSeconds = 30;
/** Covers a change of the database's clock if there is no earlier reading to compare with. */
const stepSeconds = 90;

/**
 * $1 the database's clock at the last reading, null before the first; $2 how far back ended sessions can still have
 * valid tokens. Uses only the database's clock, which also writes `ended_at`. If that clock was set back, it reads from
 * the current time; if it was set forward, from the last reading.
 */
const endedSessions = sql({
  name: 'auth.endedSessions',
  returns: { id: types.orNull(types.uuid), disabled: types.boolean, now: types.orNull(types.text) },
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
});

/** The first row has the time, the others the ended sessions. */
interface EndedRow {
  readonly id: string | null;
  readonly disabled: boolean;
  readonly now: string | null;
}

/**
 * Knows which access tokens are revoked, with one small query per half second and process instead of one per request.
 * It reads only while there are requests, and every process reads for itself: a revocation takes effect within a
 * second, with or without Redis.
 */
export function createSessionGate(db: Pick<Database, 'query'>, log: Log, options: SessionGateOptions): SessionGate {
  const { accessSeconds, refreshAfterMs = 400, staleAfterMs = 900 } = options;
  const { monotonicMs = () => performance.now(), wallMs = Date.now } = options;
  const horizon = accessSeconds + overlapSeconds + stepSeconds;
  /** Ended sessions by the time when they were seen. An entry is kept longer than any access token of its session. */
  const ended = new Map<string, number>();
  let disabled = new Set<string>();
  let readAt = { monotonic: Number.NEGATIVE_INFINITY, wall: Number.NEGATIVE_INFINITY };
  /** The database's clock at the last reading, in its text form. */
  let readThrough: string | null = null;
  let reading: Promise<void> | null = null;

  async function read(): Promise<void> {
    const startedAt = { monotonic: monotonicMs(), wall: wallMs() };
    // After this time, no token of a session that the last reading could have missed is valid.
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

  /**
   * The age of the last reading, by the clock that says more: one stops in a suspended machine, the other can be
   * changed.
   */
  function ageMs(): number {
    return Math.max(monotonicMs() - readAt.monotonic, wallMs() - readAt.wall);
  }

  function end(sessionId: string, at = monotonicMs()): void {
    if (!ended.has(sessionId)) ended.set(sessionId, at);
  }

  /** A map keeps the insertion order, so the oldest entries come first. */
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
        // As long as the last reading is recent, requests continue. After that they see the error.
        startReading().catch((error: unknown) => log.warn({ err: error }, 'could not read the ended sessions'));
      }
      return decide(identity);
    },
  };
}
