import { appRouter, createRequestContext, type Deps, DomainError, errorKinds, toDomainError } from '@alice/api';
import type { TRPCError } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { Context } from 'hono';
import type { AppEnv, RequestScope } from './http/request-scope.ts';

const maxBatchSize = 10;

/** Serves every procedure at `/trpc/<path>`. */
export function serveRpc(deps: Deps) {
  return (c: Context<AppEnv>): Promise<Response> => {
    const scope = c.get('scope');
    return fetchRequestHandler({
      endpoint: '/trpc',
      req: c.req.raw,
      router: appRouter,
      maxBatchSize,
      createContext: () =>
        createRequestContext(deps, {
          requestId: scope.requestId,
          log: scope.log,
          authorization: c.req.header('authorization') ?? null,
          address: scope.address,
          userAgent: c.req.header('user-agent') ?? null,
        }),
      responseMeta: ({ errors }) => (errors.length === 0 ? {} : { headers: retryHeaders(errors) }),
      onError: ({ error, path }) => logFailure(scope, error, path),
    });
  };
}

/** Given where nothing was done, and only then: whoever sees it may send the same call again. */
function retryHeaders(errors: readonly TRPCError[]): Record<string, string> {
  const seconds = errors.flatMap((error) => toDomainError(error).retryAfterSeconds ?? []);
  return seconds.length === 0 ? {} : { 'retry-after': String(Math.max(...seconds)) };
}

/** The cause of what is our fault; what is the client's stands in the request's own line. */
function logFailure(scope: RequestScope, error: TRPCError, path: string | undefined): void {
  const failure = toDomainError(error);
  if (errorKinds[failure.code].status < 500) return;
  const cause = failure.cause ?? error;
  scope.log.error({ procedure: path, code: failure.code, err: cause instanceof DomainError ? undefined : cause }, 'failed');
}
