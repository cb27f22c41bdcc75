import { randomUUID } from 'node:crypto';
import {
  type DomainError,
  errorKinds,
  fromUnknown,
  type HeldCopy,
  type ReplyFacts,
  type RequestFacts,
} from '@alice/api';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { ClientAddress } from './client-address.ts';
import { limitUrl } from './limits.ts';
import { logFailure } from './log-failure.ts';
import { PacedResponse } from './paced-response.ts';
import { problem } from './problem.ts';
import { addBudget, type Cors } from './response-headers.ts';
import type { SessionCookies } from './session-cookies.ts';

export interface AppEnv {
  Bindings: Partial<HttpBindings>;
  Variables: { scope: RequestScope };
}

interface RequestScopeOptions {
  readonly log: Logger;
  /** Gets one line per request. */
  readonly accessLog: Logger;
  readonly clientAddress: ClientAddress;
  readonly cors: Cors;
  readonly cookies: SessionCookies;
  /** While true, responses announce that their connection closes. */
  readonly isDraining: () => boolean;
}

const wellFormedId = /^[\w-]{8,64}$/;
/** Monitoring calls these every few seconds: they are not logged. */
const quietPaths = new Set(['/livez', '/readyz', '/api/v1/health']);

/** The client has disconnected: it gets no response, and a flood of such clients must not fill the log. */
const goneStatus = errorKinds.CANCELLED.status;

/** Request info, known before anything is done. */
export class RequestScope implements RequestFacts {
  readonly id: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly authorization: string | null;
  /** The headers of every response; an object of this request. */
  readonly #headers: Record<string, string>;
  #hasHeaders = false;
  /** Set by the transport, which knows how many calls the request has. */
  idempotencyKeys: readonly string[] | null = null;
  held: HeldCopy | null = null;
  readonly reply: ReplyFacts = { budget: null, givenAt: null, refreshCookie: null };
  readonly #c: Context<AppEnv>;
  readonly #cookies: SessionCookies;
  readonly #isDraining: () => boolean;
  readonly #log: Logger;
  readonly #outgoing: PacedResponse | undefined;
  #bound: Logger | undefined;

  constructor(c: Context<AppEnv>, { log, clientAddress, cors, cookies, isDraining }: RequestScopeOptions) {
    const given = c.req.header('x-request-id');
    this.id = given !== undefined && wellFormedId.test(given) ? given : randomUUID();
    this.address = clientAddress(c.env?.incoming?.socket.remoteAddress, c.req.header('x-forwarded-for'));
    this.userAgent = c.req.header('user-agent') ?? null;
    this.authorization = c.req.header('authorization') ?? null;
    this.#headers = { ...cors.headersFor(c.req.header('origin')), 'x-request-id': this.id };
    this.#isDraining = isDraining;
    this.#c = c;
    this.#cookies = cookies;
    this.#log = log;
    const outgoing = c.env?.outgoing;
    if (outgoing instanceof PacedResponse) {
      this.#outgoing = outgoing;
      outgoing.owner = this.address ?? '';
    }
  }

  /** Sets the owner of the response, before the work is done. Throws BUSY if they have too many unread responses. */
  claimReply(owner: string): void {
    this.#outgoing?.claim(owner);
  }

  readonly hasLeft = (): boolean => this.#c.env?.incoming?.socket.destroyed === true;

  /** Lazy, like the cookie: most requests never read it. */
  get sessionIn(): 'body' | 'cookie' | DomainError {
    return this.#cookies.sessionIn(this.#c.req);
  }

  get refreshCookie(): string | null {
    return this.#cookies.read(this.#c.req);
  }

  /** All headers of a response: the common ones, the rate limit, and its own. */
  headersWith(own: Readonly<Record<string, string>>): Record<string, string> {
    this.#hasHeaders = true;
    // Checked at the response, not at the request: clients that were waiting at the shutdown must see it too.
    if (this.#isDraining()) this.endConnection();
    const { budget } = this.reply;
    if (budget !== null) addBudget(this.#headers, budget);
    return Object.assign(this.#headers, own);
  }

  /** Announces with this response that the connection closes. */
  endConnection(): void {
    this.#headers['connection'] = 'close';
  }

  /** Adds the missing headers to a response, and the cookies, each in its own header. */
  complete(response: Response): void {
    const { refreshCookie } = this.reply;
    const cookies = refreshCookie === null ? [] : this.#cookies.write(this.#c.req, refreshCookie);
    for (const cookie of cookies) response.headers.append('set-cookie', cookie);
    if (this.#hasHeaders) return;
    const headers = this.headersWith({});
    for (const name in headers) response.headers.set(name, headers[name] ?? '');
  }

  /** Bound to this request; created at the first use, since most requests never log. */
  get log(): Logger {
    this.#bound ??= this.#log.child({ requestId: this.id });
    return this.#bound;
  }
}

export type Answer = (c: Context<AppEnv>) => Response | Promise<Response>;

/**
 * Wraps a request handler: request id, limits and access log before and after, and errors as problems. One function per
 * route: a middleware chain would cost several promises per request.
 */
export function requestScope(
  options: RequestScopeOptions,
): (answer: Answer) => (c: Context<AppEnv>) => Promise<Response> {
  const { accessLog } = options;
  return (answer) => async (c) => {
    const startedAt = performance.now();
    const scope = new RequestScope(c, options);
    c.set('scope', scope);
    const response = await answerOrProblem(c, scope, answer);
    scope.complete(response);

    const { status } = response;
    const { method, path } = c.req;
    const level = levelOf(status, path);
    const ms = Math.round((performance.now() - startedAt) * 100) / 100;
    // The path without its query, which contains tRPC's inputs.
    accessLog[level]({ requestId: scope.id, method, path, status, ms, address: scope.address }, 'request');
    return response;
  };
}

function levelOf(status: number, path: string): 'error' | 'warn' | 'debug' | 'info' {
  if (status > 500) return 'warn';
  if (status === 500) return 'error';
  return status === goneStatus || quietPaths.has(path) ? 'debug' : 'info';
}

async function answerOrProblem(c: Context<AppEnv>, scope: RequestScope, answer: Answer): Promise<Response> {
  try {
    limitUrl(c);
    return await answer(c);
  } catch (error) {
    const failure = fromUnknown(error);
    logFailure(scope, failure);
    return problem(failure, scope.id);
  }
}
