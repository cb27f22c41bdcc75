import type { JsonSchema, Reference } from './types.ts';

interface Header {
  readonly description: string;
  readonly schema: JsonSchema;
  readonly example: string | number;
}

const integer: JsonSchema = { type: 'integer' };
const text: JsonSchema = { type: 'string' };

/** What responses carry beside their bodies. */
export const headers = {
  'x-request-id': {
    description: 'Names this request in our log; your own `x-request-id` if it was well-formed.',
    schema: text,
    example: '5f0c6a1e-9f6b-4c52-8b0a-4b7a3d1f9e21',
  },
  ETag: {
    description: 'Names this state of the resource, for `If-None-Match` and `If-Match`.',
    schema: text,
    example: '"3-9c1f0a5be2d74c6c8f1e2a3b"',
  },
  'Content-Disposition': {
    description: 'The name under which to keep it.',
    schema: text,
    example: 'attachment; filename="alice-export-2026-11-22.json"',
  },
  Location: {
    description: 'The address of what was made.',
    schema: { type: 'string', format: 'uri-reference' },
    example: '/api/v1/tasks/019aab7e-58f0-7c3a-9d51-2b1f6c0e4a77',
  },
  'RateLimit-Limit': { description: 'How many calls a window holds.', schema: integer, example: 600 },
  'RateLimit-Remaining': { description: 'How many are left of them.', schema: integer, example: 598 },
  'RateLimit-Reset': { description: 'In how many seconds the window ends.', schema: integer, example: 42 },
  'Retry-After': {
    description: 'After how many seconds the same request may be sent again; there where nothing was done.',
    schema: integer,
    example: 1,
  },
} as const satisfies Record<string, Header>;

export type HeaderName = keyof typeof headers;

export const rateLimits: readonly HeaderName[] = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];

/** References to headers; each response has the request's id. */
export function replyHeaders(names: readonly HeaderName[]): Readonly<Record<string, Reference>> {
  const all: readonly HeaderName[] = ['x-request-id', ...names];
  return Object.fromEntries(all.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
