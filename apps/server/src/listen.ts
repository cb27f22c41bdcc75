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

/** Node's connection limits; its defaults are slow to disconnect slow clients. */
const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1000,
  // Handled below instead, with a response body.
  requireHostHeader: false,
};
const maxHeadersCount = 100;
/**
 * The inactivity timeout of a connection during a request (Node checks at intervals of it, and closes at the third at
 * the latest). Without it, a client that requests much and never reads would keep the response in memory. Twice the
 * heartbeat interval.
 */
const stillMs = 30_000;

/** The status for a parser error. */
const parserFaults: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

export interface Listener {
  readonly server: Server;
  readonly connections: Connections;
  /** The URL of the server. */
  readonly url: string;
}

interface ListenOptions {
  readonly patienceMs?: number;
  readonly replyLimits?: ReplyLimits;
  /** Further connections are closed at once; null: no limit. */
  readonly maxConnections?: number | null;
  /** Called with the number of connections that were closed at once; at most once a minute. */
  readonly onFull?: (closed: number) => void;
}

/**
 * Starts to listen. Closes connections after `patienceMs` without activity, but not between two requests. Throws if the
 * address is in use or not available.
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
    // Node uses the first Host header, a proxy in front may have used the last (RFC 9112, 3.2).
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

/** Counts calls, and reports the count since the last report. */
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
  // Names and values alternate.
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

/** The raw response to a request that the parser rejects: the app cannot answer it. */
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

/** The response to a request without a valid host, or to an error outside the app. */
function answerNoRequest(error: unknown): Response {
  const failure =
    error instanceof RequestError
      ? new DomainError('VALIDATION_FAILED', 'The Host header is missing or invalid')
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
