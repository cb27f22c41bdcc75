import { type Deps, notModified, toDomainError, toTrpcError } from '@alice/api';
import type { Context } from 'hono';
import { asStream } from '../http/event-stream.ts';
import { readIdempotencyKeys } from '../http/idempotency-key.ts';
import type { JsonBody } from '../http/json-text.ts';
import { hasBody, readJsonBody, requireAccepts } from '../http/limits.ts';
import { openContext } from '../http/open-context.ts';
import { parseJson } from '../http/parse-json.ts';
import type { AppEnv, RequestScope } from '../http/request-scope.ts';
import { EntityTag, versionOf } from './entity-tag.ts';
import { envelope } from './envelope.ts';
import { type Address, readInput } from './read-input.ts';
import { restStream } from './rest-stream.ts';
import type { Route } from './routes.ts';

export const prefix = '/api/v1';

/** Browsers may cache it privately, and must revalidate it each time. */
const revalidated = { 'cache-control': 'private, no-cache', vary: 'origin, authorization' };

/**
 * Handles a REST route: reads the input from the request, calls the procedure and wraps its result. Access control and
 * validation are the procedure's.
 */
export function answerRoute(route: Route, deps: Deps, release: string): (c: Context<AppEnv>) => Promise<Response> {
  const { procedure, reply } = route;
  const { path, type } = procedure;
  const mediaType = reply === 'stream' ? 'text/event-stream' : 'application/json';

  return async (c) => {
    const scope = c.get('scope');
    requireAccepts(c, mediaType);
    const text = c.req.method !== 'GET' && hasBody(c) ? await readJsonBody(c) : '';
    const isTagged = type === 'query' && route.rest.attachment === undefined;
    const tag = isTagged ? new EntityTag(c.req.header('if-none-match'), c.req.url, release) : null;
    scope.held = tag;
    if (type === 'mutation') scope.idempotencyKeys = readIdempotencyKeys(c.req.header('idempotency-key'), 1);
    const leaving = reply === 'stream' ? new AbortController() : undefined;
    const ctx = await openContext(deps, scope);
    // Called twice with an idempotency key, and only after access control: bodies of unauthenticated callers are not
    // parsed.
    let input: Promise<unknown> | undefined;
    const read = async () => readInput(route, addressOf(c), text === '' ? undefined : parseJson(text));
    try {
      const data = await procedure.call({
        path,
        type,
        ctx,
        getRawInput: () => {
          input ??= read();
          return input;
        },
        signal: leaving?.signal,
        batchIndex: 0,
      });
      if (leaving !== undefined) return restStream(scope, asStream(data), leaving);
      if (tag?.holds(data)) return notModifiedResponse(scope, tag.held);
      const givenAt = scope.reply.givenAt ?? deps.clock.now().toISOString();
      const headers = { ...headersOf(route, data, tag), ...dispositionOf(route, givenAt) };
      return respond(scope, route.rest.status ?? 200, headers, await envelope(route, data, givenAt));
    } catch (cause) {
      if (cause === notModified && tag !== null) return notModifiedResponse(scope, tag.held);
      throw toDomainError(toTrpcError(cause));
    }
  };
}

function headersOf({ location }: Route, data: unknown, tag: EntityTag | null): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const version = versionOf(data);
  if (tag !== null) Object.assign(headers, revalidated, { etag: tag.for(data) });
  else if (version !== null) headers['etag'] = `"${version}"`;
  if (location !== null) headers['location'] = `${prefix}${location.replace('{id}', idOf(data))}`;
  return headers;
}

/** A download with a file name for browsers (RFC 6266). */
function dispositionOf({ rest: { attachment } }: Route, givenAt: string): Record<string, string> {
  if (attachment === undefined) return {};
  return { 'content-disposition': `attachment; filename="${attachment}-${givenAt.slice(0, 10)}.json"` };
}

function notModifiedResponse(scope: RequestScope, etag: string): Response {
  return respond(scope, 304, { ...revalidated, etag }, null);
}

function respond(scope: RequestScope, status: number, own: Record<string, string>, body: JsonBody | null): Response {
  return new Response(body, { status, headers: scope.headersWith(own) });
}

function addressOf(c: Context<AppEnv>): Address {
  const { url } = c.req;
  const mark = url.indexOf('?');
  return {
    path: c.req.param(),
    query: new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1)),
    ifMatch: c.req.header('if-match'),
    lastEventId: c.req.header('last-event-id'),
  };
}

/** The created resource is the response itself, or next to a secret that is shown once. */
function idOf(data: unknown): string {
  for (const part of [data, ...Object.values(Object(data))]) {
    if (typeof part === 'object' && part !== null && 'id' in part && typeof part.id === 'string') return part.id;
  }
  throw new Error('what was created has no id');
}
