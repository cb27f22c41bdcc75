import type { Identity, RequestContext } from './context.ts';
import type { Deps, Log } from './deps.ts';
import { DomainError } from './errors.ts';

/** What a transport knows of a request. */
export interface RequestFacts {
  readonly requestId: string;
  readonly log: Log;
  /** The `Authorization` header as it came. */
  readonly authorization: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
}

/** Who asks, and with what. Never throws: a bad token is the ladder's to refuse, and public procedures ignore it. */
export async function createRequestContext(deps: Deps, facts: RequestFacts): Promise<RequestContext> {
  const { requestId, log, authorization, address, userAgent } = facts;
  return { deps, log, requestId, client: { address, userAgent }, caller: await callerOf(deps, authorization) };
}

async function callerOf(deps: Deps, authorization: string | null): Promise<Identity | DomainError> {
  if (authorization === null) return new DomainError('UNAUTHENTICATED');
  const [scheme = '', token = '', ...rest] = authorization.split(' ');
  if (scheme.toLowerCase() !== 'bearer' || token === '' || rest.length > 0) {
    return new DomainError('UNAUTHENTICATED', 'Send the access token as "Authorization: Bearer …"');
  }
  try {
    return await deps.tokens.verifyAccess(token);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}
