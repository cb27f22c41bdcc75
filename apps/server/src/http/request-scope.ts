import { randomUUID } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import type { ClientAddress } from './client-address.ts';
import { type Cors, securityHeaders } from './response-headers.ts';

/** What is known of a request before anything is done for it. */
export interface RequestScope {
  readonly requestId: string;
  readonly log: Logger;
  readonly address: string | null;
}

export interface AppEnv {
  Bindings: Partial<HttpBindings>;
  Variables: { scope: RequestScope };
}

interface RequestScopeOptions {
  readonly log: Logger;
  readonly clientAddress: ClientAddress;
  readonly cors: Cors;
  /** While true, connections are told to end with this response. */
  readonly isDraining: () => boolean;
}

const baseHeaders = Object.entries(securityHeaders);
const wellFormedId = /^[\w-]{8,64}$/;
/** Asked every few seconds by whoever watches: not worth a line each. */
const quietPaths = new Set(['/livez', '/readyz', '/api/v1/health']);

/** Gives each request its id and its log line, and each response the headers that all of them carry. */
export function requestScope({ log, clientAddress, cors, isDraining }: RequestScopeOptions): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const startedAt = performance.now();
    const given = c.req.header('x-request-id');
    const requestId = given !== undefined && wellFormedId.test(given) ? given : randomUUID();
    const address = clientAddress(c.env?.incoming?.socket.remoteAddress, c.req.header('x-forwarded-for'));
    c.set('scope', { requestId, address, log: log.child({ requestId }) });

    await next();

    const { headers, status } = c.res;
    headers.set('x-request-id', requestId);
    for (const [name, value] of baseHeaders) headers.set(name, value);
    for (const [name, value] of Object.entries(cors.headersFor(c.req.header('origin')))) headers.set(name, value);
    if (isDraining()) headers.set('connection', 'close');

    const level = status >= 500 ? 'error' : quietPaths.has(c.req.path) ? 'debug' : 'info';
    const ms = Math.round((performance.now() - startedAt) * 100) / 100;
    // The path without its query: tRPC's inputs stand there.
    log[level]({ requestId, method: c.req.method, path: c.req.path, status, ms, address }, 'request');
  };
}
