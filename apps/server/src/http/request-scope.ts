import { randomUUID } from 'node:crypto';
import type { RequestFacts } from '@alice/api';
import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import type { ClientAddress } from './client-address.ts';
import type { Cors } from './response-headers.ts';

export interface AppEnv {
  Bindings: Partial<HttpBindings>;
  Variables: { scope: RequestScope };
}

interface RequestScopeOptions {
  readonly log: Logger;
  /** Takes the one line of each request. */
  readonly accessLog: Logger;
  readonly clientAddress: ClientAddress;
  readonly cors: Cors;
  /** While true, connections are told to end with this response. */
  readonly isDraining: () => boolean;
}

const wellFormedId = /^[\w-]{8,64}$/;
/** Asked every few seconds by whoever watches: not worth a line each. */
const quietPaths = new Set(['/livez', '/readyz', '/api/v1/health']);

/** What is known of a request before anything is done for it. */
export class RequestScope implements RequestFacts {
  readonly id: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly authorization: string | null;
  /** What the response must carry on top of its own headers. Whoever builds it with them says so in `hasHeaders`. */
  readonly headers: Readonly<Record<string, string>>;
  hasHeaders = false;
  readonly #log: Logger;
  #bound: Logger | undefined;

  constructor(c: Context<AppEnv>, { log, clientAddress, cors, isDraining }: RequestScopeOptions) {
    const given = c.req.header('x-request-id');
    this.id = given !== undefined && wellFormedId.test(given) ? given : randomUUID();
    this.address = clientAddress(c.env?.incoming?.socket.remoteAddress, c.req.header('x-forwarded-for'));
    this.userAgent = c.req.header('user-agent') ?? null;
    this.authorization = c.req.header('authorization') ?? null;
    this.headers = {
      'x-request-id': this.id,
      ...cors.headersFor(c.req.header('origin')),
      ...(isDraining() ? { connection: 'close' } : {}),
    };
    this.#log = log;
  }

  /** Bound to this request; made when it is first used, which most requests never do. */
  get log(): Logger {
    this.#bound ??= this.#log.child({ requestId: this.id });
    return this.#bound;
  }
}

/** Gives each request its id and its log line, and each response what depends on the request. */
export function requestScope(options: RequestScopeOptions): MiddlewareHandler<AppEnv> {
  const { accessLog } = options;
  return async (c, next) => {
    const startedAt = performance.now();
    const scope = new RequestScope(c, options);
    c.set('scope', scope);

    await next();

    const { status } = c.res;
    if (!scope.hasHeaders) for (const name in scope.headers) c.res.headers.set(name, scope.headers[name] ?? '');
    const level = status >= 500 ? 'error' : quietPaths.has(c.req.path) ? 'debug' : 'info';
    const ms = Math.round((performance.now() - startedAt) * 100) / 100;
    // The path without its query: tRPC's inputs stand there.
    const line = { requestId: scope.id, method: c.req.method, path: c.req.path, status, ms, address: scope.address };
    accessLog[level](line, 'request');
  };
}
