import { sql } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';

/** $1 user, $2 task. */
const statement = sql({
  name: 'tasks.exists',
  text: 'SELECT FROM tasks WHERE user_id = $1 AND id = $2 AND deleted_at IS NULL',
});

/** Throws NOT_FOUND if the user has no such task, or it is deleted. */
export async function requireTask({ deps, user }: UserContext, id: string): Promise<void> {
  if ((await deps.db.query(statement, [user.id, id])).length === 0) throw notFound('task');
}
