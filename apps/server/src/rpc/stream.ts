import { appRouter, errorKinds, errorShapeOf, type RequestContext, toDomainError, toTrpcError } from '@alice/api';
import type { Context } from 'hono';
import { asStream, type EventFormat, streamResponse } from '../http/event-stream.ts';
import { logFailure } from '../http/log-failure.ts';
import type { AppEnv, RequestScope } from '../http/request-scope.ts';

/** A subscription in the format of tRPC's clients: its events, with the start number as the first id. */
export function answerStream(
  ctx: RequestContext,
  scope: RequestScope,
  data: unknown,
  leaving: AbortController,
): Response {
  const format: EventFormat = {
    open: (from) => `event: connected\nid: ${from}\ndata: {}\n\n`,
    item: (id, item) => `id: ${id}\ndata: ${JSON.stringify(item)}\n\n`,
    heartbeat: 'event: ping\ndata: \n\n',
    failure(cause) {
      const error = toTrpcError(cause);
      const failure = toDomainError(error);
      logFailure(scope, failure);
      // Temporary errors are not sent: the client reconnects and resumes.
      if (errorKinds[failure.code].status >= 500) return null;
      const shape = errorShapeOf(appRouter, { error, type: 'subscription', path: undefined, ctx });
      return `event: serialized-error\ndata: ${JSON.stringify(shape)}\n\n`;
    },
  };
  return streamResponse(scope, asStream(data), format, leaving);
}

/** A reconnecting client sends its position in a header; tRPC passes it on as a part of the input. */
export function withLastEventId(c: Context<AppEnv>, input: unknown): unknown {
  const lastEventId = c.req.header('last-event-id') ?? c.req.query('lastEventId') ?? '';
  if (lastEventId === '') return input;
  return typeof input === 'object' && input !== null ? { ...input, lastEventId } : { lastEventId };
}
