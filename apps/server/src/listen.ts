import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { createServer, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DomainError, fromUnknown } from '@alice/api';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { createApp } from './app.ts';
import { Connections } from './connections.ts';
import { pacedBy } from './http/paced-response.ts';
import { problem } from './http/problem.ts';
import { ReplyLimits } from './http/reply-limits.ts';
import { securityHeaders } from './http/response-headers.ts';

/** Node's own limits on connections; its defaults are slow to cut slow clients. */
const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1000,
  // Refused below instead, with a body that says so.
  requireHostHeader: false,
};
const maxHeadersCount = 100;
/**
 * So long nothing may move on a connection within a request (Node looks in steps of it, and cuts at the third at the latest):
 * a client that asks for much and never reads would otherwise hold it in memory for ever. Twice the time between heartbeats.
 */
const stillMs = 30_000;

/** Why the parser gave up on a request, as a status. */
const parserFaults: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

export interface Listener {
  readonly server: Server;
  readonly connections: Connections;
  /** Where it answers. */
  readonly url: string;
}

interface ListenOptions {
  readonly patienceMs?: number;
  readonly replyLimits?: ReplyLimits;
  /** Further ones are closed at once; null: as many as come. */
  readonly maxConnections?: number | null;
  /** Called when connections were closed at once, with their number; at most once a minute. */
  readonly onFull?: (closed: number) => void;
}

/**
 * Starts to listen. Cuts connections on which nothing moves for `patienceMs`, but not between two requests. Throws when
 * the address is taken or not ours.
 */
export async function listen(
  app: ReturnType<typeof createApp>,
  host: string,
  port: number,
  options: ListenOptions = {},
): Promise<Listener> {
  const { patienceMs = stillMs, replyLimits = new ReplyLimits(), maxConnections = null } = options;
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: true, errorHandler: answerNoRequest });
  const connections = new Connections();
  const server = createServer({ ...limits, ServerResponse: pacedBy(replyLimits) }, (incoming, outgoing) => {
    connections.noteUse(incoming.socket);
    // Node keeps the first, a proxy before us may have gone by the last (RFC 9112, 3.2).
    if (countHosts(incoming) > 1) incoming.headers.host = '';
    return answer(incoming, outgoing);
  });
  server.on('connection', (socket) => connections.add(socket));
  server.maxHeadersCount = maxHeadersCount;
  server.setTimeout(patienceMs);
  if (maxConnections !== null) server.maxConnections = maxConnections;
  server.on('drop', atMostOnceAMinute(options.onFull ?? (() => undefined)));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    socket.end(refusalOf(parserFaults[error.code ?? ''] ?? 400));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = boundAddress(server);
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return { server, connections, url: `http://${name}:${address.port}` };
}

/** Counts calls, and hands on how many there were since the last time. */
function atMostOnceAMinute(report: (count: number) => void): () => void {
  let count = 0;
  let reportedAt = Number.NEGATIVE_INFINITY;
  return () => {
    count += 1;
    if (performance.now() - reportedAt < 60_000) return;
    report(count);
    reportedAt = performance.now();
    count = 0;
  };
}

function countHosts({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  // Names and values in turn.
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

/** The text of a response to what the parser could make nothing of: there is no request that the app could answer. */
function refusalOf(status: number): string {
  const requestId = randomUUID();
  const title = STATUS_CODES[status];
  const body = JSON.stringify({ type: 'about:blank', title, status, status_code: status, request_id: requestId });
  const headers = {
    ...securityHeaders,
    'x-request-id': requestId,
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${title}\r\n${lines.join('')}\r\n${body}`;
}

/** What cannot become a request (no host, or one that is none) or fails outside the app. */
function answerNoRequest(error: unknown): Response {
  const failure =
    error instanceof RequestError
      ? new DomainError('VALIDATION_FAILED', 'The request names no valid host')
      : fromUnknown(error);
  const requestId = randomUUID();
  const response = problem(failure, requestId);
  for (const [name, value] of Object.entries({ ...securityHeaders, 'x-request-id': requestId }))
    response.headers.set(name, value);
  return response;
}

function boundAddress(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server is not bound to a port');
  return address;
}
