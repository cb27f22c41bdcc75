import { createRequestContext, type Deps, DomainError, networkOf, type RequestContext } from '@alice/api';
import type { RequestScope } from './request-scope.ts';

/** Creates the context of a request. Throws BUSY if the caller has too many unread responses. */
export async function openContext(deps: Deps, scope: RequestScope): Promise<RequestContext> {
  const context = await createRequestContext(deps, scope);
  const { caller } = context;
  scope.claimReply(caller instanceof DomainError ? networkOf(scope.address) : caller.id);
  return context;
}
