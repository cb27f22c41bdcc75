import { createRequestContext, type Deps, DomainError, networkOf, type RequestContext } from '@alice/api';
import type { RequestScope } from './request-scope.ts';

/** Who calls, over whatever transport. Throws BUSY where they have not taken enough of their earlier replies. */
export async function openContext(deps: Deps, scope: RequestScope): Promise<RequestContext> {
  const context = await createRequestContext(deps, scope);
  const { caller } = context;
  scope.claimReply(caller instanceof DomainError ? networkOf(scope.address) : caller.id);
  return context;
}
