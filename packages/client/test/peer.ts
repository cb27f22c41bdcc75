import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

export interface PeerCall {
  readonly path: string;
  readonly type: 'query' | 'mutation';
  readonly input: unknown;
  /** The access token, if there was one. */
  readonly bearer: string | undefined;
  readonly headers: IncomingMessage['headers'];
  /** Counts the HTTP requests from 1. */
  readonly request: number;
  /** How many calls share the request. */
  readonly size: number;
}

export type PeerReply =
  /** Breaks the connection. */
  | 'hang up'
  | { readonly data: unknown }
  | {
      readonly code: string;
      readonly status: number;
      readonly message?: string;
      readonly retryAfterSeconds?: number;
      readonly errors?: readonly { path: string; message: string }[];
      readonly details?: Record<string, unknown>;
    };

export interface Peer {
  readonly url: string;
  readonly calls: PeerCall[];
  /** The paths of the calls so far. */
  paths(): string[];
}

type Answer = (call: PeerCall) => PeerReply | Promise<PeerReply>;
/** Answers a whole request instead; true when it did. */
type Intercept = (request: number, response: ServerResponse) => boolean;

/** A server that speaks tRPC's wire as ALICE's does, and does as the test says. It ends with the test. */
export async function startPeer(answer: Answer, intercept: Intercept = () => false): Promise<Peer> {
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
  return { url: `http://127.0.0.1:${address.port}`, calls, paths: () => calls.map(({ path }) => path) };
}

function parse(request: IncomingMessage, body: string, number: number): PeerCall[] {
  const url = new URL(request.url ?? '/', 'http://peer');
  const type = request.method === 'GET' ? 'query' : 'mutation';
  const text = type === 'query' ? url.searchParams.get('input') : body;
  const input: unknown = text ? JSON.parse(text) : undefined;
  const paths = url.pathname.replace(/^\/trpc\//, '').split(',');
  const { headers } = request;
  const bearer = headers.authorization?.replace(/^Bearer /, '');
  return paths.map((path, index) => ({
    path,
    type,
    input: isBatch(request) ? Object(input)[index] : input,
    bearer,
    headers,
    request: number,
    size: paths.length,
  }));
}

function envelope(reply: Exclude<PeerReply, string>, number: number): unknown {
  if ('data' in reply) return { result: { data: reply.data } };
  const { code, status, message = code, errors = [], details = null, retryAfterSeconds = null } = reply;
  const data = { code, httpStatus: status, request_id: `request-${number}`, errors, details, retryAfterSeconds };
  return { error: { code: -32_000, message, data } };
}

const isBatch = (request: IncomingMessage): boolean => request.url?.includes('batch=1') ?? false;

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
