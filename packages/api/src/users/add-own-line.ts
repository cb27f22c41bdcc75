import type { RunQuery } from '@alice/db';
import type { UserContext } from '../context.ts';

/** What an administrator did to somebody's account. */
export interface Deed {
  readonly userId: string;
  readonly action: string;
  readonly before?: object | undefined;
  readonly after?: object | undefined;
}

/** $1 administrator, $2 now, $3 session, $4 to whom, $5 action, $6 and $7 what was and what is. */
const statement = {
  name: 'users.addOwnLine',
  text: `
    WITH numbered AS (
      UPDATE change_counters SET number = number + 1 WHERE user_id = $1 RETURNING number
    )
    INSERT INTO activity (user_id, number, at, actor_id, session_id, entity, entity_id, action, before, after)
    SELECT $1, number, $2, $1, $3, 'user', $4, $5, $6::jsonb, $7::jsonb FROM numbered`,
};

/** Writes into an administrator's own history what they did to somebody else's account: its id, and nothing else of it. */
export async function addOwnLine(ctx: UserContext, query: RunQuery, deed: Deed): Promise<void> {
  const { deps, user } = ctx;
  const [before, after] = [deed.before, deed.after].map((fields) => (fields ? JSON.stringify(fields) : null));
  const now = deps.clock.now().toISOString();
  await query(statement, [user.id, now, user.sessionId, deed.userId, deed.action, before, after]);
}
