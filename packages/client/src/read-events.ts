import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { noReply } from './foreign-reply.ts';
import { within } from './within.ts';

interface ReadOptions {
  readonly signal: AbortSignal | undefined;
  /** How long the body may say nothing at all, in milliseconds. */
  readonly idleMs: number;
}

/**
 * The server-sent events of a body, as they come. Throws NETWORK when the body breaks off, TIMEOUT when it says nothing
 * for too long, CANCELLED when the caller's signal aborts. Afterwards the body is let go.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  { signal, idleMs }: ReadOptions,
): AsyncGenerator<EventSourceMessage, void> {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  const read = () =>
    reader.read().catch((cause) => {
      throw noReply(cause);
    });
  try {
    for (;;) {
      const { done, value } = await within({ signal, timeoutMs: idleMs }, read);
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* events.splice(0);
    }
  } finally {
    // Not awaited, and a body that has broken off refuses: either way we are done with it.
    reader.cancel().catch(() => undefined);
  }
}
