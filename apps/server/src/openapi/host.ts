import { replyHeaders } from './headers.ts';
import { problemRef } from './problems.ts';
import type { SchemaBook } from './schema-book.ts';
import type { JsonSchema, Operation, PathItem, Response } from './types.ts';

const state = (values: readonly string[], description: string): JsonSchema => ({
  type: 'string',
  enum: values,
  description,
});

/** As `Health` of the health check, which a test holds this to. */
const health: JsonSchema = {
  type: 'object',
  description: 'How the server is.',
  required: ['status', 'version', 'services'],
  properties: {
    status: state(['healthy', 'degraded', 'unhealthy'], 'Degraded: it works, without Redis. Unhealthy: no database.'),
    version: { type: 'string', description: 'Of the server.', examples: ['0.1.0'] },
    services: {
      type: 'object',
      required: ['db', 'redis'],
      properties: {
        db: state(['ok', 'error'], 'The database.'),
        redis: state(['ok', 'error', 'disabled'], 'Redis, if it is used.'),
      },
    },
  },
};

/** What the process says of itself: bare, without the envelope, and open to whoever watches it. */
export function hostPaths(book: SchemaBook, version: string): Readonly<Record<string, PathItem>> {
  const schema = book.name('Health', health);
  const healthReply = (description: string, status: string, db: string): Response => ({
    description,
    headers: replyHeaders([]),
    content: { 'application/json': { schema, example: { status, version, services: { db, redis: 'disabled' } } } },
  });
  return {
    '/api/v1/health': {
      get: open('health.check', 'See how the server is', 'Asks the database and Redis.', {
        200: healthReply('It works.', 'healthy', 'ok'),
        503: healthReply('The database does not answer.', 'unhealthy', 'error'),
      }),
    },
    '/livez': {
      get: open('health.live', 'See whether the process lives', 'For whoever would start it anew.', {
        200: plain('It does.', 'ok'),
      }),
    },
    '/readyz': {
      get: open('health.ready', 'See whether the server takes requests', 'For whoever sends them to it.', {
        200: plain('It does.', 'ready'),
        503: plain('Not now: it stops, or the database does not answer.', 'not ready'),
      }),
    },
  };
}

function open(operationId: string, summary: string, description: string, replies: Operation['responses']): Operation {
  return {
    operationId,
    tags: ['health'],
    summary,
    description,
    security: [],
    responses: { ...replies, 414: problemRef(414) },
  };
}

function plain(description: string, text: string): Response {
  const content = { 'text/plain': { schema: { type: 'string', const: text }, example: text } };
  return { description, headers: replyHeaders([]), content };
}
