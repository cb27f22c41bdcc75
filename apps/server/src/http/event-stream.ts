import type { RequestScope } from './request-scope.ts';

/** The numbered items of a subscription. */
export interface NumberedStream extends AsyncIterable<readonly [id: string, data: unknown, ...mark: unknown[]]> {
  /** The number after which it starts. */
  readonly from: number;
  /** Resolves when the stream is over, even if its reader has not reached the end. */
  readonly over: Promise<void>;
}

/** The event format of a transport (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface EventFormat {
  readonly open: (from: number) => string;
  readonly item: (id: string, data: unknown) => string;
  readonly heartbeat: string;
  /** The last event before an end with an error; null if the client should simply reconnect. */
  readonly failure: (error: unknown) => string | null;
}

const heartbeatMs = 15_000;
/** How long a stream waits for a slow reader after its end. */
const patienceMs = 5000;

export const streamHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // Otherwise nginx buffers events.
  'x-accel-buffering': 'no',
};

/** The guarantee: every subscription returns the result of `tracked`; a test calls each of them. */
export function asStream(output: unknown): NumberedStream {
  return output as NumberedStream;
}

/** The response of a stream; `leaving` aborts when the client disconnects. */
export function streamResponse(
  scope: RequestScope,
  stream: NumberedStream,
  format: EventFormat,
  leaving: AbortController,
): Response {
  return new Response(
    toEventStream(stream, format, () => leaving.abort()),
    { headers: scope.headersWith(streamHeaders) },
  );
}

/**
 * Writes items as events, as fast as the client reads: it requests the next item only when the last one was sent, so
 * nothing accumulates here. `leave` is called once when the client disconnects.
 */
function toEventStream(stream: NumberedStream, format: EventFormat, leave: () => void): ReadableStream {
  const encoder = new TextEncoder();
  const items = stream[Symbol.asyncIterator]();
  type Next = Awaited<ReturnType<typeof items.next>>;
  let pending: (() => Promise<Next | null>) | undefined;
  let isOver = false;
  let patience: NodeJS.Timeout | undefined;
  const finish = () => {
    isOver = true;
    clearTimeout(patience);
  };

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(format.open(stream.from)));
        void stream.over.then(() => {
          // Does not keep a reader that has left.
          if (isOver) return;
          patience = setTimeout(() => controller.error(new Error('the client stopped reading')), patienceMs).unref();
        });
      },
      async pull(controller) {
        try {
          pending ??= orHeartbeat(items.next());
          const next = await pending();
          if (isOver) return;
          if (next === null) {
            controller.enqueue(encoder.encode(format.heartbeat));
            return;
          }
          pending = undefined;
          if (next.done === true) {
            finish();
            controller.close();
          } else controller.enqueue(encoder.encode(format.item(next.value[0], next.value[1])));
        } catch (error) {
          if (isOver) return;
          const text = format.failure(error);
          if (text !== null) controller.enqueue(encoder.encode(text));
          finish();
          controller.close();
        }
      },
      cancel() {
        finish();
        leave();
        // It may wait for a change that never comes: `leave` has woken it.
        void items.return?.(undefined).catch(() => undefined);
      },
    },
    { highWaterMark: 1 },
  );
}

/**
 * Returns the next item, or null when a heartbeat is due; can then be called again. It adds only one listener to the
 * promise, which keeps listeners until it settles, possibly after days of heartbeats.
 */
function orHeartbeat<Next>(next: Promise<Next>): () => Promise<Next | null> {
  let isHere = false;
  let hear: (() => void) | undefined;
  const arrive = () => {
    isHere = true;
    hear?.();
  };
  next.then(arrive, arrive);
  return async () => {
    if (!isHere) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, heartbeatMs);
        hear = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return isHere ? next : null;
  };
}
