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
  /** Takes the one line of each request. */
  readonly accessLog: Logger;
  readonly clientAddress: ClientAddress;
  readonly cors: Cors;
  readonly cookies: SessionCookies;
  /** While true, connections are told to end with this response. */
  readonly isDraining: () => boolean;
}

const wellFormedId = /^[\w-]{8,64}$/;
/** Asked every few seconds by whoever watches: not worth a line each. */
const quietPaths = new Set(['/livez', '/readyz', '/api/v1/health']);

/** The client went away: it gets no answer, and a flood of such clients shall not fill the log. */
const goneStatus = errorKinds.CANCELLED.status;

/** What is known of a request before anything is done for it. */
export class RequestScope implements RequestFacts {
  readonly id: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly authorization: string | null;
  /** What every response carries; this request's own object. */
  readonly #headers: Record<string, string>;
  #hasHeaders = false;
  /** Set by the transport, which knows how many calls a request is. */
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

  /** Names who has to take the reply, before the work is done. Throws BUSY while they have too much to take. */
  claimReply(owner: string): void {
    this.#outgoing?.claim(owner);
  }

  readonly hasLeft = (): boolean => this.#c.env?.incoming?.socket.destroyed === true;

  /** Like the cookie, read where it is asked for: most requests never do. */
  get sessionIn(): 'body' | 'cookie' | DomainError {
    return this.#cookies.sessionIn(this.#c.req);
  }

  get refreshCookie(): string | null {
    return this.#cookies.read(this.#c.req);
  }

  /** All that a response is built with: what each carries, what is left of the budget, and its own. */
  headersWith(own: Readonly<Record<string, string>>): Record<string, string> {
    this.#hasHeaders = true;
    // Now, and not when the request came: whoever was waiting when the process was told to stop must hear of it, too.
    if (this.#isDraining()) this.endConnection();
    const { budget } = this.reply;
    if (budget !== null) addBudget(this.#headers, budget);
    return Object.assign(this.#headers, own);
  }

  /** The connection is told to end with this response. */
  endConnection(): void {
    this.#headers['connection'] = 'close';
  }

  /** Gives a response the headers that it was not built with, and the cookies: each is a header of its own. */
  complete(response: Response): void {
    const { refreshCookie } = this.reply;
    const cookies = refreshCookie === null ? [] : this.#cookies.write(this.#c.req, refreshCookie);
    for (const cookie of cookies) response.headers.append('set-cookie', cookie);
    if (this.#hasHeaders) return;
    const headers = this.headersWith({});
    for (const name in headers) response.headers.set(name, headers[name] ?? '');
  }

  /** Bound to this request; made when it is first used, which most requests never do. */
  get log(): Logger {
    this.#bound ??= this.#log.child({ requestId: this.id });
    return this.#bound;
  }
}

export type Answer = (c: Context<AppEnv>) => Response | Promise<Response>;

/**
 * Wraps what answers a request: its id, its limits and its log line before and after, and its failures as problems. One
 * function around each route, where a chain of middleware would cost several promises a request.
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
    // The path without its query: tRPC's inputs stand there.
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
