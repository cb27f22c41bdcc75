import { type ClientRequest, get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface StreamEvent {
  /** The number of the change, or where the stream begins; NaN where there is none. */
  readonly id: number;
  /** `ready`, `end`, or what changed. */
  readonly name: string;
  readonly data: string;
}

/** How an answer came: with an open stream, or with a refusal and its body. */
export interface Opening {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly refusal: string;
}

/** Where REST and tRPC serve it. */
export const livePaths = { rest: '/api/v1/sync/live', rpc: '/trpc/sync.live' } as const;

/** What both say beside changes. */
const controls = new Set(['ready', 'end', 'connected', 'serialized-error']);

/** A stream of changes over a connection of its own. Disposing of it cuts the connection. */
export class EventStream implements Disposable {
  readonly events: StreamEvent[] = [];
  /** Resolves when the stream is open or was refused; rejects when no answer came. */
  readonly opened: Promise<Opening>;
  /** Resolves when it is over, in whatever way: true when the server ended it in order. */
  readonly ended: Promise<boolean>;
  readonly #request: ClientRequest;
  #response: IncomingMessage | undefined;
  #onEvent: (event: StreamEvent) => void = () => undefined;

  constructor(url: string, token: string, options: StreamOptions = {}) {
    const { lastEventId, onEvent, path = livePaths.rest } = options;
    if (onEvent !== undefined) this.#onEvent = onEvent;
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    };
    const opened = Promise.withResolvers<Opening>();
    const ended = Promise.withResolvers<boolean>();
    this.opened = opened.promise;
    this.ended = ended.promise;
    // Who does not ask is not to be told of it as an unhandled rejection.
    this.opened.catch(() => undefined);
    this.#request = get(`${url}${path}`, { agent: false, headers }, (response) => {
      this.#response = response;
      const { statusCode: status = 0, headers: given } = response;
      let refusal = '';
      if (status === 200) {
        this.#read(response);
        opened.resolve({ status, headers: given, refusal });
      } else {
        response.setEncoding('utf8').on('data', (text: string) => {
          refusal += text;
        });
        response.on('end', () => opened.resolve({ status, headers: given, refusal }));
      }
      response.on('error', () => undefined);
      response.on('close', () => ended.resolve(response.complete));
    });
    this.#request.on('error', (error) => {
      opened.reject(error);
      ended.resolve(false);
    });
    this.#request.on('close', () => {
      opened.reject(new Error('the connection ended before an answer came'));
      ended.resolve(false);
    });
  }

  /** The numbers of the changes that came, in the order in which they came. */
  get numbers(): number[] {
    return this.events.filter(({ name }) => !controls.has(name)).map(({ id }) => id);
  }

  /** Stops reading from the socket, so that what the server sends stays with the server. */
  pause(): void {
    this.#response?.pause();
    this.#response?.socket.pause();
  }

  resume(): void {
    this.#response?.socket.resume();
    this.#response?.resume();
  }

  [Symbol.dispose](): void {
    this.#request.destroy();
  }

  #read(response: IncomingMessage): void {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = toEvent(block);
        if (event === null) continue;
        this.events.push(event);
        this.#onEvent(event);
      }
    });
  }
}

export interface StreamOptions {
  readonly lastEventId?: number | undefined;
  readonly onEvent?: (event: StreamEvent) => void;
  /** Over REST unless told. */
  readonly path?: string;
}

/** Null for a comment, which is a heartbeat. */
function toEvent(block: string): StreamEvent | null {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const data = fields.get('data');
  return data === undefined ? null : { id: Number(fields.get('id')), name: fields.get('event') ?? 'message', data };
}
