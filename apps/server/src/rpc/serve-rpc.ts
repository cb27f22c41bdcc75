import { appRouter, type Deps, DomainError, toDomainError } from '@alice/api';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { Context } from 'hono';
import { readIdempotencyKeys } from '../http/idempotency-key.ts';
import { readJsonBody } from '../http/limits.ts';
import { logFailure } from '../http/log-failure.ts';
import { openContext } from '../http/open-context.ts';
import type { AppEnv } from '../http/request-scope.ts';
import { requireShallow } from '../http/require-shallow.ts';
import { answerDirectly, maxBatchSize, readDirectCall } from './direct.ts';
import { retryHeaders } from './retry-headers.ts';

/** Serves every procedure at `/trpc/<path>`: plain calls directly, others with tRPC's adapter. */
export function serveRpc(deps: Deps) {
  return (c: Context<AppEnv>): Promise<Response> => {
    const direct = readDirectCall(c);
    return direct === null ? answerByAdapter(c, deps) : answerDirectly(c, deps, direct);
  };
}

/**
 * The number of calls in a request, counted as tRPC's adapter does: in the decoded path. Throws VALIDATION_FAILED for
 * paths that the adapter would reject before it has a context and a request id.
 */
function countCalls(c: Context<AppEnv>): number {
  let path: string;
  try {
    path = decodeURIComponent(c.req.path);
  } catch (cause) {
    throw new DomainError('VALIDATION_FAILED', 'The URL is malformed', { cause });
  }
  const calls = c.req.query('batch') === '1' ? path.split(',').length : 1;
  if (calls > maxBatchSize)
    throw new DomainError('VALIDATION_FAILED', `A batch can contain at most ${maxBatchSize} calls`);
  return calls;
}

/** Falls back to tRPC's adapter; only the body is read here, within the limits. */
export async function answerByAdapter(c: Context<AppEnv>, deps: Deps): Promise<Response> {
  const scope = c.get('scope');
  const { method, url } = c.req;
  const isRead = method === 'GET' || method === 'HEAD';
  const { headers, signal } = c.req.raw;
  const calls = countCalls(c);
  if (!isRead) scope.idempotencyKeys = readIdempotencyKeys(c.req.header('idempotency-key'), calls);
  const body = isRead ? undefined : await readJsonBody(c);
  for (const text of [body, c.req.query('input'), c.req.query('connectionParams')]) requireShallow(text ?? '');
  return fetchRequestHandler({
    endpoint: '/trpc',
    req: body === undefined ? c.req.raw : new Request(url, { method, headers, signal, body }),
    router: appRouter,
    createContext: () => openContext(deps, scope),
    responseMeta: ({ errors, info }) => ({ headers: new Headers(retryHeaders(errors, info?.calls.length ?? 1)) }),
    onError: ({ error, path }) => logFailure(scope, toDomainError(error), path),
  });
}
