import type { RunQuery } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { addLine } from '../../platform/history/add-line.ts';

/** An admin action on another account. */
export interface Deed {
  readonly userId: string;
  readonly action: string;
  readonly before?: object | undefined;
  readonly after?: object | undefined;
}

/**
 * Writes an admin action into the administrator's own history, with the id of the other account and no other data of
 * it.
 */
export async function addOwnLine(ctx: UserContext, query: RunQuery, deed: Deed): Promise<void> {
  const { deps, user } = ctx;
  const { userId: entityId, action, before, after } = deed;
  const at = deps.clock.now().toISOString();
  const about = { userId: user.id, actorId: user.id, sessionId: user.sessionId, entity: 'user', entityId } as const;
  await addLine(query, { ...about, action, before, after, at, isOnce: false });
}
