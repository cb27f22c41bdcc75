import { replyHeaders } from './headers.ts';
import { problemRef } from './problems.ts';
import type { SchemaBook } from './schema-book.ts';
import { tagOf } from './tags.ts';
import type { JsonSchema, Operation, PathItem, Response } from './types.ts';

const state = (values: readonly string[], description: string): JsonSchema => ({
  type: 'string',
  enum: values,
  description,
});

/** The same as `Health` of the health check; a test compares them. */
const health: JsonSchema = {
  type: 'object',
  description: 'The health of the service.',
  required: ['status', 'version', 'services'],
  properties: {
    status: state(
      ['healthy', 'degraded', 'unhealthy'],
      '`degraded`: Redis is unavailable. `unhealthy`: the database is unavailable.',
    ),
    version: { type: 'string', description: 'The version of the server.', examples: ['0.1.0'] },
    services: {
      type: 'object',
      required: ['db', 'redis'],
      properties: {
        db: state(['ok', 'error'], 'The database.'),
        redis: state(['ok', 'error', 'disabled'], 'Redis; `disabled` if it is not configured.'),
      },
    },
  },
};

/** Health endpoints for monitoring: public, and without the response envelope. */
export function hostPaths(book: SchemaBook, version: string): Readonly<Record<string, PathItem>> {
  const schema = book.name('Health', health);
  const healthReply = (description: string, status: string, db: string): Response => ({
    description,
    headers: replyHeaders([]),
    content: { 'application/json': { schema, example: { status, version, services: { db, redis: 'disabled' } } } },
  });
  return {
    '/api/v1/health': {
      get: open('health.check', 'Get service health', 'Checks the database and Redis.', {
        200: healthReply('Healthy or degraded.', 'healthy', 'ok'),
        503: healthReply('The database is unavailable.', 'unhealthy', 'error'),
      }),
    },
    '/livez': {
      get: open('health.live', 'Liveness probe', 'Fails only if the process should be restarted.', {
        200: plain('The process is alive.', 'ok'),
      }),
    },
    '/readyz': {
      get: open('health.ready', 'Readiness probe', 'Tells a load balancer whether to send requests.', {
        200: plain('The server accepts requests.', 'ready'),
        503: plain('The server is shutting down, or the database is unavailable.', 'not ready'),
      }),
    },
  };
}

function open(operationId: string, summary: string, description: string, replies: Operation['responses']): Operation {
  return {
    operationId,
    tags: [tagOf('health')],
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
