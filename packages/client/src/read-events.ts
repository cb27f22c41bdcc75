import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { noReply } from './foreign-reply.ts';
import { within } from './within.ts';

interface ReadOptions {
  readonly signal: AbortSignal | undefined;
  /** The maximum time without any data, in milliseconds. */
  readonly idleMs: number;
}

/**
 * Reads the server-sent events of a body. Throws NETWORK if the body breaks off, TIMEOUT without data for too long,
 * CANCELLED on abort. Releases the body at the end.
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
    // Not awaited, and a broken body rejects: in both cases the body is no longer needed.
    reader.cancel().catch(() => undefined);
  }
}
