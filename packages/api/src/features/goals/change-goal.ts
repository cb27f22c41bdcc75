import { sql } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { type RowChange, updateRow } from '../../platform/history/update-rows.ts';
import { goals } from './entity.ts';
import type { GoalOut } from './schemas.ts';
import { sumColumns, sumTasks } from './select-goals.ts';
import { type TaskSums, toGoal } from './to-goal.ts';

/** $1 user, $2 goal. */
const sums = sql({
  name: 'goals.sums',
  returns: sumColumns,
  text: `SELECT s.* FROM (SELECT $1::uuid AS user_id, $2::uuid AS id) t ${sumTasks}`,
});

/**
 * Changes a goal and returns it with its progress after the change. Other changes of the user come before or after, not
 * in between. Throws NOT_FOUND and STALE_VERSION.
 */
export function changeGoal({ deps, user }: UserContext, change: RowChange<typeof goals>): Promise<GoalOut> {
  return deps.db.transaction(async ({ query }) => {
    await lockPerson(user.id, query);
    const row = await updateRow({ deps, user, query }, goals, change);
    const [tasks] = await query<TaskSums>(sums, [user.id, row.id]);
    if (tasks === undefined) throw new Error('an aggregate gave no row');
    return toGoal({ ...row, ...tasks });
  });
}
