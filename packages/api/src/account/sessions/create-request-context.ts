import type { Caller, RequestContext, RequestFacts } from '../../context.ts';
import type { Deps } from '../../deps.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { keyPrefix } from '../api-keys/key-verifier.ts';

/**
 * Reads the caller's credentials. Never throws: access control rejects an invalid token, and public procedures ignore
 * it.
 */
export async function createRequestContext(deps: Deps, request: RequestFacts): Promise<RequestContext> {
  return { deps, request, caller: await callerOf(deps, request) };
}

async function callerOf(deps: Deps, { authorization, address }: RequestFacts): Promise<Caller | DomainError> {
  if (authorization === null) return new DomainError('UNAUTHENTICATED');
  const [scheme = '', token = '', ...rest] = authorization.split(' ');
  if (scheme.toLowerCase() !== 'bearer' || token === '' || rest.length > 0) {
    return new DomainError('UNAUTHENTICATED', 'Send an access token or an API key as "Authorization: Bearer …"');
  }
  try {
    return await (token.startsWith(keyPrefix) ? deps.apiKeys.verify(token, address) : deps.tokens.verifyAccess(token));
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

/** The request info of a call without a transport. */
export function plainRequest(
  facts: Pick<RequestFacts, 'id' | 'log' | 'authorization' | 'userAgent'> & Partial<RequestFacts>,
): RequestFacts {
  return {
    address: null,
    idempotencyKeys: null,
    held: null,
    sessionIn: 'body',
    refreshCookie: null,
    hasLeft: () => false,
    reply: { budget: null, givenAt: null, refreshCookie: null },
    ...facts,
  };
}
