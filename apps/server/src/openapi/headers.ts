import type { JsonSchema, Reference } from './types.ts';

interface Header {
  readonly description: string;
  readonly schema: JsonSchema;
  readonly example: string | number;
}

const integer: JsonSchema = { type: 'integer' };
const text: JsonSchema = { type: 'string' };

/** Response headers. */
export const headers = {
  'x-request-id': {
    description:
      'The id of the request in the server log: the `x-request-id` of the request if it was well-formed, otherwise a new one.',
    schema: text,
    example: '5f0c6a1e-9f6b-4c52-8b0a-4b7a3d1f9e21',
  },
  ETag: {
    description: 'The entity tag of the resource, for `If-None-Match` and `If-Match`.',
    schema: text,
    example: '"3-9c1f0a5be2d74c6c8f1e2a3b"',
  },
  'Content-Disposition': {
    description: 'The file name of the download.',
    schema: text,
    example: 'attachment; filename="alice-export-2026-11-22.json"',
  },
  Location: {
    description: 'The URL of the new resource.',
    schema: { type: 'string', format: 'uri-reference' },
    example: '/api/v1/tasks/019aab7e-58f0-7c3a-9d51-2b1f6c0e4a77',
  },
  'RateLimit-Limit': { description: 'The number of calls allowed per window.', schema: integer, example: 600 },
  'RateLimit-Remaining': {
    description: 'The number of calls left in the current window.',
    schema: integer,
    example: 598,
  },
  'RateLimit-Reset': { description: 'Seconds until the current window ends.', schema: integer, example: 42 },
  'Retry-After': {
    description: 'Seconds to wait before you retry. It is sent only if the request changed nothing.',
    schema: integer,
    example: 1,
  },
} as const satisfies Record<string, Header>;

export type HeaderName = keyof typeof headers;

export const rateLimits: readonly HeaderName[] = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];

/** References to headers. Every response has the request id. */
export function replyHeaders(names: readonly HeaderName[]): Readonly<Record<string, Reference>> {
  const all: readonly HeaderName[] = ['x-request-id', ...names];
  return Object.fromEntries(all.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
