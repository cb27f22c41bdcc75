import { contentOf, itemOf } from '@alice/api';
import type { Route } from '../rest/routes.ts';
import { exampleOf } from './example.ts';
import { type HeaderName, rateLimits, replyHeaders } from './headers.ts';
import { type ProblemStatus, problemRef } from './problems.ts';
import type { SchemaBook } from './schema-book.ts';
import type { JsonSchema, MediaType, Reference, Response } from './types.ts';

export const notModified: Response = {
  description: 'Your cached response is still current.',
  headers: replyHeaders(['ETag', ...rateLimits]),
};

/** All responses of a route, by status. */
export function responsesOf(
  route: Route,
  input: JsonSchema,
  book: SchemaBook,
): Readonly<Record<string, Response | Reference>> {
  const { rest } = route;
  const problems = statusesOf(route, input).map((status) => [status, problemRef(status)] as const);
  return {
    [rest.status ?? 200]: success(route, book),
    ...(isTagged(route) ? { 304: { $ref: '#/components/responses/NotModified' } } : {}),
    ...Object.fromEntries(problems),
    default: { $ref: '#/components/responses/Unexpected' },
  };
}

/** A download is generated for each request, so it has no entity tag. */
function isTagged({ procedure, rest }: Pick<Route, 'procedure' | 'rest'>): boolean {
  return procedure.type === 'query' && rest.attachment === undefined;
}

function statusesOf({ procedure, placement, reply }: Route, input: JsonSchema): readonly ProblemStatus[] {
  const { type, meta, inputs } = procedure;
  const may: Readonly<Record<ProblemStatus, boolean>> = {
    400: inputs.length > 0 || type === 'mutation',
    401: true,
    403: meta.access === 'admin',
    404: placement.path.length > 0 || 'goalId' in (input.properties ?? {}),
    409: type === 'mutation',
    410: reply === 'stream',
    412: placement.takesIfMatch,
    413: placement.body.length > 0,
    414: false,
    415: placement.body.length > 0,
    422: type === 'mutation',
    429: meta.access !== 'public',
  };
  return statuses.filter((status) => may[status]);
}

const statuses = [400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 429] as const;

function success(route: Route, book: SchemaBook): Response {
  const { procedure, reply, location, rest } = route;
  const limits = procedure.meta.access === 'public' ? [] : rateLimits;
  if (reply === 'stream') {
    const description = 'A stream of events, until the connection is closed or the session ends.';
    return { description, headers: replyHeaders(limits), content: { 'text/event-stream': eventStream(route, book) } };
  }
  const data = book.of(contentOf(procedure.output));
  const isVersioned = 'version' in (book.resolve(data).properties ?? {});
  const own: HeaderName[] = [
    ...(isTagged(route) || isVersioned ? (['ETag'] as const) : []),
    ...(rest.attachment === undefined ? [] : (['Content-Disposition'] as const)),
    ...(location === null ? [] : (['Location'] as const)),
  ];
  const schema = reply === 'page' ? pageSchema(data) : envelopeSchema(data);
  return {
    description:
      procedure.type === 'query'
        ? 'The requested data.'
        : rest.status === 201
          ? 'The created resource.'
          : 'The result.',
    headers: replyHeaders([...own, ...limits]),
    content: { 'application/json': { schema, example: exampleOf(schema, book) } },
  };
}

/** The response envelope; `beside` holds further members next to `data`. */
function envelopeSchema(data: JsonSchema, beside: JsonSchema = {}): JsonSchema {
  return {
    type: 'object',
    required: ['data', ...(beside.required ?? []), 'message', 'timestamp'],
    properties: {
      data,
      ...beside.properties,
      message: { type: 'string', description: 'A message for humans.', examples: ['Success'] },
      timestamp: {
        type: 'string',
        format: 'date-time',
        description: 'When the response was created. A replayed response keeps its time.',
      },
    },
  };
}

function pageSchema({ properties = {}, required = [] }: JsonSchema): JsonSchema {
  const { items = {}, ...others } = properties;
  return envelopeSchema(items, { properties: others, required: required.filter((name) => name !== 'items') });
}

/** The stream as text, with the schema of an event's data beside it, where type generators find it. */
function eventStream({ procedure }: Route, book: SchemaBook): MediaType {
  const item = itemOf(procedure.output);
  if (item === undefined) throw new Error(`${procedure.path} streams nothing`);
  const schema = book.of(item);
  const data = JSON.stringify(exampleOf(schema, book));
  return {
    schema: {
      type: 'string',
      description: 'Server-sent events. The data of each change is JSON with the schema `Change`.',
      contentMediaType: 'application/json',
      contentSchema: schema,
    },
    example: `id: 56\nevent: ready\ndata: {"number":56}\n\nid: 57\nevent: task\ndata: ${data}\n\n: ping\n\n`,
  };
}
