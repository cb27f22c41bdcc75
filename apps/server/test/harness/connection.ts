import { connect, type Socket } from 'node:net';

export interface RawResponse {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The other side ended the connection and the response that was waited for is not, or not wholly, there. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** One HTTP/1.1 connection, byte by byte: what fetch would hide (closing, resets, half a request) shows here. */
export class Connection implements Disposable {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #isClosed = false;
  #fault: Error | null = null;
  #waiting: (() => void) | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#waiting?.();
    });
    socket.on('error', (error) => {
      this.#fault = error;
    });
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#isClosed = true;
        this.#waiting?.();
      });
    }
  }

  static async open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve();
      });
      socket.once('error', reject);
    });
    return new Connection(socket);
  }

  /** The other side has ended the connection, as far as we have heard. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(bytes: string | Buffer): void {
    this.#socket.write(bytes);
  }

  /** The next whole response. Throws ConnectionLost when the connection ends before it is there. */
  async response(): Promise<RawResponse> {
    for (;;) {
      const parsed = parseResponse(this.#received);
      if (parsed !== null) {
        this.#received = this.#received.subarray(parsed.length);
        return parsed.response;
      }
      if (this.#isClosed) {
        throw new ConnectionLost(`${this.#received.length} bytes of a response came`, { cause: this.#fault });
      }
      await this.#change();
    }
  }

  /** The whole responses that came and were not asked for yet. */
  rest(): RawResponse[] {
    const responses: RawResponse[] = [];
    for (let parsed = parseResponse(this.#received); parsed !== null; parsed = parseResponse(this.#received)) {
      responses.push(parsed.response);
      this.#received = this.#received.subarray(parsed.length);
    }
    return responses;
  }

  /** Resolves when the other side has ended the connection. */
  async closed(): Promise<void> {
    while (!this.#isClosed) await this.#change();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}

/** The text of a request with a JSON body, or with none. */
export function requestText(method: string, path: string, options: { token?: string; body?: unknown } = {}): string {
  const lines = [`${method} ${path} HTTP/1.1`, 'host: server.test'];
  if (options.token !== undefined) lines.push(`authorization: Bearer ${options.token}`);
  const body = options.body === undefined ? '' : JSON.stringify(options.body);
  if (options.body !== undefined)
    lines.push('content-type: application/json', `content-length: ${Buffer.byteLength(body)}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

function parseResponse(bytes: Buffer): { response: RawResponse; length: number } | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const bodyStart = headEnd + 4;
  const body =
    headers.get('transfer-encoding') === 'chunked'
      ? readChunks(bytes, bodyStart)
      : readCounted(bytes, bodyStart, Number(headers.get('content-length') ?? 0));
  if (body === null) return null;
  return { response: { status: Number(statusLine.split(' ')[1]), headers, body: body.text }, length: body.end };
}

function readCounted(bytes: Buffer, start: number, length: number): { text: string; end: number } | null {
  if (bytes.length < start + length) return null;
  return { text: bytes.subarray(start, start + length).toString(), end: start + length };
}

function readChunks(bytes: Buffer, start: number): { text: string; end: number } | null {
  const chunks: Buffer[] = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16);
    const chunkEnd = lineEnd + 2 + size;
    if (bytes.length < chunkEnd + 2) return null;
    if (size === 0) return { text: Buffer.concat(chunks).toString(), end: chunkEnd + 2 };
    chunks.push(bytes.subarray(lineEnd + 2, chunkEnd));
    at = chunkEnd + 2;
  }
}
