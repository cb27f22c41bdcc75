import { type Database, databaseFault } from '@alice/db';
import type { ConcurrencyLimiter, Place } from './concurrency-limiter.ts';

/** How long a call may use a connection: together with its waits, a failure is reported within 3 s. */
const patienceMs = 2000;

/** Concurrency limits per user, and per network for anonymous callers. */
export interface Concurrency {
  readonly ofPerson: ConcurrencyLimiter;
  readonly ofNetwork: ConcurrencyLimiter;
}

interface Queueing {
  readonly db: Database;
  readonly concurrency: Concurrency;
}

/**
 * Runs a call when its owner has a free slot. Its database statements are attributed to the owner and cancelled when
 * the client disconnects. Throws TOO_MANY_REQUESTS.
 */
export async function runInTurn<
  Deps extends Queueing,
  Result extends { readonly ok: boolean; readonly error?: unknown },
>(
  { deps, request }: { readonly deps: Deps; readonly request: { readonly hasLeft: () => boolean } },
  kind: keyof Concurrency,
  owner: string,
  run: (deps: Deps) => Promise<Result>,
): Promise<Result> {
  const { hasLeft } = request;
  const entered = deps.concurrency[kind].enter(owner, hasLeft);
  const place = entered instanceof Promise ? await entered : entered;
  try {
    const result = await run({ ...deps, db: deps.db.for({ owner, hasLeft, patienceMs }) });
    leave(place, result.error);
    return result;
  } catch (error) {
    leave(place, error);
    throw error;
  }
}

function leave(place: Place, error: unknown): void {
  if (error !== undefined && databaseFault(error)?.kind === 'unavailable') place.fail(error);
  else place.leave();
}
