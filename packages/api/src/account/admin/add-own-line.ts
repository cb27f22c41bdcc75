import type { RunQuery } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { addLine } from '../../platform/history/add-line.ts';

/** What an administrator did to somebody's account. */
export interface Deed {
  readonly userId: string;
  readonly action: string;
  readonly before?: object | undefined;
  readonly after?: object | undefined;
}

/** Writes into an administrator's own history what they did to somebody else's account: its id, and nothing else of it. */
export async function addOwnLine(ctx: UserContext, query: RunQuery, deed: Deed): Promise<void> {
  const { deps, user } = ctx;
  const { userId: entityId, action, before, after } = deed;
  const at = deps.clock.now().toISOString();
  const about = { userId: user.id, actorId: user.id, sessionId: user.sessionId, entity: 'user', entityId } as const;
  await addLine(query, { ...about, action, before, after, at, isOnce: false });
}
