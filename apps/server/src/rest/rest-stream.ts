import { errorKinds, fromUnknown } from '@alice/api';
import { type EventFormat, type NumberedStream, streamResponse } from '../http/event-stream.ts';
import { logFailure } from '../http/log-failure.ts';
import { problemBody } from '../http/problem.ts';
import type { RequestScope } from '../http/request-scope.ts';

/**
 * A stream for any EventSource: events named by entity, comments as heartbeats, and the reason before a permanent end.
 */
export function restStream(scope: RequestScope, stream: NumberedStream, leaving: AbortController): Response {
  const format: EventFormat = {
    open: (from) => `id: ${from}\nevent: ready\ndata: ${JSON.stringify({ number: from })}\n\n`,
    item: (id, data) => `id: ${id}\nevent: ${entityOf(data)}\ndata: ${JSON.stringify(data)}\n\n`,
    heartbeat: ': ping\n\n',
    failure(cause) {
      const error = fromUnknown(cause);
      if (errorKinds[error.code].status < 500) {
        return `event: end\ndata: ${JSON.stringify(problemBody(error, scope.id))}\n\n`;
      }
      logFailure(scope, error);
      return null;
    },
  };
  return streamResponse(scope, stream, format, leaving);
}

function entityOf(data: unknown): string {
  return typeof data === 'object' && data !== null && 'entity' in data ? String(data.entity) : 'message';
}
