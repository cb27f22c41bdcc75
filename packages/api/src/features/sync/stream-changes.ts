import type { Caller, UserContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { readChanges } from './read-changes.ts';
import { type ChangeOut, change, type LiveInput } from './schemas.ts';

/** A stream is one database look per change, and one open connection: so many of one person's, in one process. */
const maxStreams = 20;
/** What a reader that is behind holds of the log at a time: notes can be long. */
const pageSize = 20;

export interface StreamContext extends UserContext {
  readonly user: Caller;
}

export interface ChangeStream extends AsyncIterable<ChangeOut> {
  /** The number after which it begins. */
  readonly from: number;
  /** Resolves when it is over, even if its reader has not come to the end. */
  readonly over: Promise<void>;
}

/**
 * The person's changes as they happen, in the order of their commits, from the one after `lastEventId` on. It holds no
 * queue: it reads the log from where it stands whenever there may be something new, so a slow reader costs no memory and
 * nothing is lost or doubled. It ends when the token or the process does, and throws UNAUTHENTICATED when the session has.
 * Throws FULL_SYNC_REQUIRED when changes after `lastEventId` are gone, TOO_MANY_REQUESTS past 20 streams of one person.
 */
export async function streamChanges(
  ctx: StreamContext,
  { lastEventId }: LiveInput,
  signal: AbortSignal | undefined,
): Promise<ChangeStream> {
  const { changes } = ctx.deps;
  if (changes.watching(ctx.user.id) >= maxStreams) {
    throw new DomainError('TOO_MANY_REQUESTS', `At most ${maxStreams} streams at once`, { retryAfterSeconds: 10 });
  }
  // Watched from here on, with no wait since the count: of many that come at once, so many get a place.
  const place = takePlace(ctx, signal);
  try {
    place.after = lastEventId == null ? await changes.latest(ctx.user.id) : Number(lastEventId);
    if (lastEventId != null && !(await readChanges(ctx, place.after, 1)).isComplete) throw fullSyncRequired();
    return { from: place.after, over: place.bell.over, [Symbol.asyncIterator]: () => follow(ctx, place) };
  } catch (error) {
    place.bell.end();
    throw error;
  }
}

/** Where a stream stands, and what wakes it. */
interface Place {
  after: number;
  readonly bell: Bell;
}

/** Given up when the bell has rung for the last time: the reader has left, or the token, the session or the process ends. */
function takePlace(ctx: StreamContext, signal: AbortSignal | undefined): Place {
  const bell = createBell();
  const place = { after: 0, bell };
  const unwatch = ctx.deps.changes.watch(ctx.user.id, {
    onChange: bell.ring,
    seen: () => place.after,
    onTick: () => checkSession(ctx, bell),
    onEnd: bell.end,
  });
  void bell.over.then(() => {
    unwatch();
    signal?.removeEventListener('abort', bell.end);
  });
  signal?.addEventListener('abort', bell.end);
  if (signal?.aborted) bell.end();
  return place;
}

async function* follow(ctx: StreamContext, place: Place): AsyncGenerator<ChangeOut> {
  const { bell } = place;
  try {
    while (await bell.rings()) {
      // However many streams a person has, they read as one. Its reader may leave while it waits for its turn.
      const page = await ctx.deps.concurrency.ofPerson.run(ctx.user.id, async () =>
        bell.goesOn() ? readChanges(ctx, place.after, pageSize) : null,
      );
      if (page === null) return;
      if (!page.isComplete) throw fullSyncRequired();
      for (const item of page.changes) {
        yield parsed(item);
        // A slow reader may come back after the end.
        if (!bell.goesOn()) return;
      }
      place.after = page.through;
      if (page.hasMore) bell.ring();
    }
  } finally {
    bell.end();
  }
}

/** The gate answers at once unless it has to look: then this stream goes on for as long as that takes. */
function checkSession({ deps, user }: StreamContext, bell: Bell): void {
  if (deps.clock.now().getTime() >= user.expires) {
    bell.end();
    return;
  }
  try {
    deps.sessions.check(user)?.catch(bell.fail);
  } catch (error) {
    bell.fail(error);
  }
}

/** What is not in the schema does not leave. The wire form stays: the schema's instants are strings here. */
function parsed(item: ChangeOut): ChangeOut {
  return change.parse(item) as unknown as ChangeOut;
}

function fullSyncRequired(): DomainError {
  return new DomainError('FULL_SYNC_REQUIRED');
}

interface Bell {
  /** There may be something to read. It rings once, however often it is rung before it is heard. */
  ring(): void;
  end(): void;
  fail(error: unknown): void;
  /** False once it has ended; throws what it failed with. */
  goesOn(): boolean;
  /** Resolves true at the next ring, false at the end; rejects with the failure. It has rung when it is made. */
  rings(): Promise<boolean>;
  readonly over: Promise<void>;
}

function createBell(): Bell {
  const { promise: over, resolve: finish } = Promise.withResolvers<void>();
  let rung = true;
  let end: { readonly error?: unknown } | undefined;
  let hear: (() => void) | undefined;
  const tell = () => {
    hear?.();
    hear = undefined;
  };
  const stop = (how: typeof end) => {
    end ??= how;
    finish();
    tell();
  };
  const goesOn = () => {
    if (end !== undefined && 'error' in end) throw end.error;
    return end === undefined;
  };
  return {
    over,
    goesOn,
    ring() {
      rung = true;
      tell();
    },
    end: () => stop({}),
    fail: (error) => stop({ error }),
    async rings() {
      if (!rung && end === undefined) {
        await new Promise<void>((resolve) => {
          hear = resolve;
        });
      }
      rung = false;
      return goesOn();
    },
  };
}
