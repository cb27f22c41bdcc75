import type { Caller, UserContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { type ChangeOut, change } from './change.ts';
import { readChanges } from './read-changes.ts';
import type { LiveInput } from './schemas.ts';

/** The maximum number of streams per user and process: each one costs a query per change and an open connection. */
const maxStreams = 20;
/** How much of the history a slow reader may hold at a time: notes can be long. */
const pageSize = 20;

export interface StreamContext extends UserContext {
  readonly user: Caller;
}

export interface ChangeStream extends AsyncIterable<ChangeOut> {
  /** The change number after which it starts. */
  readonly from: number;
  /** Resolves when the stream is over, even if its reader has not reached the end. */
  readonly over: Promise<void>;
}

/**
 * Streams the user's changes in commit order, starting after `lastEventId`. It has no queue: it reads the history from
 * its position whenever there may be new changes, so a slow reader costs no memory, and no change is lost or repeated.
 * It ends with the token or the process, and throws UNAUTHENTICATED if the session has ended. Throws FULL_SYNC_REQUIRED
 * if changes after `lastEventId` are not available, TOO_MANY_REQUESTS at the limit of 20 streams.
 */
export async function streamChanges(
  ctx: StreamContext,
  { lastEventId }: LiveInput,
  signal: AbortSignal | undefined,
): Promise<ChangeStream> {
  const { changes } = ctx.deps;
  if (changes.watching(ctx.user.id) >= maxStreams) {
    throw new DomainError('TOO_MANY_REQUESTS', `At most ${maxStreams} concurrent streams are allowed`, {
      retryAfterSeconds: 10,
    });
  }
  // Subscribe without waiting after the count, so that concurrent calls cannot exceed the limit.
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

/** The position of a stream, and its wake-up signal. */
interface Place {
  after: number;
  readonly bell: Bell;
}

/** Rejects a read after the stream has ended: the reader has left, or the token, the session or the process has ended. */
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
      // All streams of a user share one place, so they read one at a time. The reader may leave while it waits.
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

/** The gate answers synchronously unless it must read: then the stream continues until it knows. */
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

/** Drops fields that are not in the schema. The wire form is kept: timestamps are strings here. */
function parsed(item: ChangeOut): ChangeOut {
  return change.parse(item) as unknown as ChangeOut;
}

function fullSyncRequired(): DomainError {
  return new DomainError('FULL_SYNC_REQUIRED');
}

interface Bell {
  /** There may be something to read. Repeated signals before the next read count as one. */
  ring(): void;
  end(): void;
  fail(error: unknown): void;
  /** False after the end; throws the error that it failed with. */
  goesOn(): boolean;
  /** Resolves true at the next signal, false at the end; rejects with the error. It is signalled initially. */
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
