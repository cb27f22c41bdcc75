import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

export interface PeerCall {
  readonly path: string;
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly input: unknown;
  /** The access token, if there was one. */
  readonly bearer: string | undefined;
  readonly headers: IncomingMessage['headers'];
  /** Counts the HTTP requests from 1. */
  readonly request: number;
  /** Of this call of the request, if there was one. */
  readonly idempotencyKey: string | undefined;
  /** How many calls share the request. */
  readonly size: number;
}

export type PeerReply =
  /** Breaks the connection. */
  'hang up' | { readonly data: unknown } | PeerFailure;

export interface PeerFailure {
  readonly code: string;
  readonly status: number;
  readonly message?: string;
  readonly retryAfterSeconds?: number;
  readonly errors?: readonly { path: string; message: string }[];
  readonly details?: Record<string, unknown>;
}

/** A subscription that is open: the events are the test's to write. */
export interface PeerStream {
  readonly call: PeerCall;
  /** `event: connected`, with the number after which the stream begins. */
  connect(from: number): void;
  change(number: number, change: object): void;
  /** Answers without a stream. */
  refuse(reply: 'hang up' | PeerFailure): void;
  /** Says why the stream is about to end. */
  fail(failure: PeerFailure): void;
  write(text: string): void;
  end(): void;
  /** Breaks the connection. */
  drop(): void;
  /** Resolves when the client or the server has left. */
  readonly closed: Promise<void>;
}

export interface Peer {
  readonly url: string;
  readonly calls: PeerCall[];
  /** The paths of the calls so far. */
  paths(): string[];
  /** Breaks all connections, as a restart does. */
  drop(): void;
}

type Answer = (call: PeerCall) => PeerReply | Promise<PeerReply>;
/** Answers a whole request instead; true when it did. */
type Intercept = (request: number, response: ServerResponse) => boolean;

type OpenStream = (stream: PeerStream) => void;

/** A server that speaks tRPC's wire as ALICE's does, and does as the test says. It ends with the test. */
export async function startPeer(
  answer: Answer,
  intercept: Intercept = () => false,
  openStream: OpenStream = (stream) => stream.refuse({ code: 'NOT_FOUND', status: 404 }),
): Promise<Peer> {
  const calls: PeerCall[] = [];
  let requests = 0;

  const server = createServer(async (request, response) => {
    requests += 1;
    const number = requests;
    const body = await readBody(request);
    response.setHeader('x-request-id', `request-${number}`);
    if (intercept(number, response)) return;
    const received = parse(request, body, number);
    calls.push(...received);
    const [first] = received;
    if (first?.type === 'subscription') {
      openStream(streamOver(first, response));
      return;
    }
    const answers = await Promise.all(received.map(answer));
    const replies = answers.filter((reply) => reply !== 'hang up');
    if (replies.length < answers.length) {
      response.destroy();
      return;
    }
    const statuses = new Set(replies.map((reply) => ('data' in reply ? 200 : reply.status)));
    response.statusCode = statuses.size === 1 ? ([...statuses][0] ?? 500) : 207;
    response.setHeader('content-type', 'application/json');
    const envelopes = replies.map((reply) => envelope(reply, number));
    response.end(JSON.stringify(isBatch(request) ? envelopes : envelopes[0]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    paths: () => calls.map(({ path }) => path),
    drop: () => server.closeAllConnections(),
  };
}

function parse(request: IncomingMessage, body: string, number: number): PeerCall[] {
  const url = new URL(request.url ?? '/', 'http://peer');
  const reads = request.headers.accept === 'text/event-stream' ? 'subscription' : 'query';
  const type = request.method === 'GET' ? reads : 'mutation';
  const text = type === 'mutation' ? body : url.searchParams.get('input');
  const input: unknown = text ? JSON.parse(text) : undefined;
  const paths = url.pathname.replace(/^\/trpc\//, '').split(',');
  const { headers } = request;
  const bearer = headers.authorization?.replace(/^Bearer /, '');
  const keys = headers['idempotency-key']?.toString().split(', ');
  return paths.map((path, index) => ({
    path,
    type,
    input: isBatch(request) ? Object(input)[index] : input,
    bearer,
    idempotencyKey: keys?.[index],
    headers,
    request: number,
    size: paths.length,
  }));
}

function envelope(reply: Exclude<PeerReply, string>, number: number): unknown {
  return 'data' in reply ? { result: { data: reply.data } } : { error: errorShape(reply, number) };
}

function errorShape(failure: PeerFailure, number: number): object {
  const { code, status, message = code, errors = [], details = null, retryAfterSeconds = null } = failure;
  const data = { code, httpStatus: status, request_id: `request-${number}`, errors, details, retryAfterSeconds };
  return { code: -32_000, message, data };
}

function streamOver(call: PeerCall, response: ServerResponse): PeerStream {
  const write = (text: string) => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(text);
  };
  return {
    call,
    connect: (from) => write(`event: connected\nid: ${from}\ndata: {}\n\n`),
    change: (number, change) => write(`id: ${number}\ndata: ${JSON.stringify(change)}\n\n`),
    refuse(reply) {
      if (reply === 'hang up') response.destroy();
      else response.writeHead(reply.status).end(JSON.stringify(envelope(reply, call.request)));
    },
    fail: (failure) => write(`event: serialized-error\ndata: ${JSON.stringify(errorShape(failure, call.request))}\n\n`),
    write,
    end() {
      response.end();
    },
    drop() {
      response.destroy();
    },
    closed: new Promise((resolve) => response.on('close', resolve)),
  };
}

const isBatch = (request: IncomingMessage): boolean => request.url?.includes('batch=1') ?? false;

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
