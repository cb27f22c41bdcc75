import type { RequestScope } from './request-scope.ts';

/** A stream of numbered items, as a subscription gives it. */
export interface NumberedStream extends AsyncIterable<readonly [id: string, data: unknown, ...mark: unknown[]]> {
  /** The number after which it begins. */
  readonly from: number;
  /** Resolves when it is over, even if its reader has not come to the end. */
  readonly over: Promise<void>;
}

/** How a transport writes events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface EventFormat {
  readonly open: (from: number) => string;
  readonly item: (id: string, data: unknown) => string;
  readonly heartbeat: string;
  /** What is said before an end with a reason; null where the client shall just come back. */
  readonly failure: (error: unknown) => string | null;
}

const heartbeatMs = 15_000;
/** So long after its end a stream waits for a reader that is behind. */
const patienceMs = 5000;

export const streamHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // nginx would otherwise hold events back until a buffer is full.
  'x-accel-buffering': 'no',
};

/** The guarantee: every subscription gives what `tracked` of api makes; a test calls each. */
export function asStream(output: unknown): NumberedStream {
  return output as NumberedStream;
}

/** The response that a stream is; when the client goes, `leaving` aborts. */
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
 * Writes items as events, as fast as the client takes them: the next one is only asked for when the last one is on its
 * way, so nothing piles up here. `leave` is called once when the client goes.
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
          // A reader that has left is not held on to.
          if (isOver) return;
          patience = setTimeout(() => controller.error(new Error('the client does not read')), patienceMs).unref();
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
        // It may wait for a change that never comes: leaving has woken it.
        void items.return?.(undefined).catch(() => undefined);
      },
    },
    { highWaterMark: 1 },
  );
}

/**
 * Gives the next item, or null when it is time for a heartbeat first; may be asked again then. The promise is listened to
 * once: it keeps every listener until it is settled, which may be days of heartbeats from now.
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
