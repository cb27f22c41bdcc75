import { DomainError, type ErrorCode, errorKinds } from '@alice/api';
import { problemBody } from '../http/problem.ts';
import { replyHeaders } from './headers.ts';
import type { SchemaBook } from './schema-book.ts';
import type { JsonSchema, MediaType, Reference, Response } from './types.ts';

/** The response component of each documented status. Other statuses appear only in the table of codes. */
const names = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Gone',
  412: 'PreconditionFailed',
  413: 'ContentTooLarge',
  414: 'UriTooLong',
  415: 'UnsupportedMediaType',
  422: 'UnprocessableContent',
  429: 'TooManyRequests',
} as const;

export type ProblemStatus = keyof typeof names;

const codes = Object.keys(errorKinds).filter(isErrorCode);
const requestId = '5f0c6a1e-9f6b-4c52-8b0a-4b7a3d1f9e21';
const strings: JsonSchema = { type: 'array', items: { type: 'string' } };

/** Additional members of some codes. */
const details: Partial<
  Record<ErrorCode, { readonly properties: Record<string, JsonSchema>; readonly example: ErrorInfo }>
> = {
  STALE_VERSION: {
    properties: {
      currentVersion: { type: 'integer', description: 'The current version of the row.' },
      changedFields: { ...strings, description: 'The fields that changed since the expected version.' },
      conflictingFields: {
        ...strings,
        description: 'The changed fields that the rejected write would have overwritten.',
      },
    },
    example: { details: { currentVersion: 4, changedFields: ['title', 'status'], conflictingFields: ['title'] } },
  },
  SECOND_FACTOR_REQUIRED: {
    properties: {
      ticket: { type: 'string', description: 'The MFA token. Send it with the second factor within five minutes.' },
      methods: { ...strings, description: 'The available methods: `totp`, `passkey`, `recoveryCode`.' },
    },
    example: { details: { ticket: '3f2a9c1e.q83vASNFZ4k', methods: ['totp', 'recoveryCode'] } },
  },
  CANNOT_UNDO: {
    properties: { fields: { ...strings, description: 'The fields that prevent the undo, if any.' } },
    example: { details: { fields: ['title'] } },
  },
  VALIDATION_FAILED: {
    properties: {},
    example: { errors: [{ path: 'due.date', message: 'must be a date like 2026-11-22' }] },
  },
};

type ErrorInfo = ConstructorParameters<typeof DomainError>[2];

/** A reference to the response of a status. */
export function problemRef(status: ProblemStatus): Reference {
  return { $ref: `#/components/responses/${names[status]}` };
}

/** All error responses. Adds `Problem` and its extensions to the book. */
export function problemResponses(book: SchemaBook): Readonly<Record<string, Response>> {
  const problem = book.name('Problem', problemSchema);
  const statuses = Object.entries(names).map(([text, name]) => {
    const status = Number(text);
    const own = codes.filter((code) => errorKinds[code].status === status);
    return [name, responseFor(own, book, problem)] as const;
  });
  const others = codes.filter((code) => errorKinds[code].status >= 500);
  return { ...Object.fromEntries(statuses), Unexpected: responseFor(others, book, problem) };
}

function responseFor(own: readonly ErrorCode[], book: SchemaBook, problem: JsonSchema): Response {
  const schemas = own.map((code) => schemaFor(code, book, problem));
  const distinct = [...new Map(schemas.map((schema) => [schema.$ref, schema])).values()];
  const [only = problem] = distinct;
  const status = own[0] === undefined ? 0 : errorKinds[own[0]].status;
  const examples = own.map((code) => [code, { summary: errorKinds[code].title, value: exampleFor(code) }] as const);
  const content: MediaType = {
    schema: distinct.length > 1 ? { anyOf: distinct } : only,
    examples: Object.fromEntries(examples),
  };
  return {
    description: own.map((code) => `${errorKinds[code].title} (\`${code}\`).`).join(' '),
    headers: replyHeaders(status === 409 || status === 429 || status >= 500 ? ['Retry-After'] : []),
    content: { 'application/problem+json': content },
  };
}

function schemaFor(code: ErrorCode, book: SchemaBook, problem: JsonSchema): JsonSchema {
  const { properties } = details[code] ?? { properties: {} };
  if (Object.keys(properties).length === 0) return problem;
  const name = `${code.toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}Problem`;
  return book.name(name, {
    description: errorKinds[code].title,
    allOf: [problem, { type: 'object', properties: { code: { const: code }, ...properties } }],
  });
}

function exampleFor(code: ErrorCode): unknown {
  return JSON.parse(JSON.stringify(problemBody(new DomainError(code, undefined, details[code]?.example), requestId)));
}

const problemSchema: JsonSchema = {
  type: 'object',
  description: 'Problem details (RFC 9457). Programs should use `code`; `detail` is for humans.',
  required: ['type', 'title', 'status', 'detail', 'status_code', 'code', 'request_id', 'errors'],
  properties: {
    type: { type: 'string', format: 'uri', description: 'The error code as a URI.' },
    title: { type: 'string', description: 'A short summary of the error code: the same for each occurrence.' },
    status: { type: 'integer', description: 'The HTTP status code.' },
    detail: { type: 'string', description: 'An explanation of this occurrence.' },
    status_code: { type: 'integer', description: 'The same as `status`.' },
    code: { type: 'string', enum: codes, description: 'The error code.' },
    request_id: { type: 'string', description: 'The id of the request, as in the header `x-request-id`.' },
    errors: {
      type: 'array',
      description: 'The validation errors, one per field.',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: {
          path: { type: 'string', description: 'The path of the field: `title`, `due.date`.' },
          message: { type: 'string', description: 'What is wrong with the field.' },
        },
      },
    },
  },
};

function isErrorCode(text: string): text is ErrorCode {
  return text in errorKinds;
}
