import { type Rows, type RunQuery, rowOf, sql } from '@alice/db';

/** Where a task stands. */
export type TaskPlace = Pick<Rows['tasks'], 'id' | 'listId' | 'parentId' | 'position' | 'version'>;

const statement = sql({
  name: 'tasks.findPlace',
  returns: rowOf('tasks', 'id', 'listId', 'parentId', 'position', 'version'),
  text: `
    SELECT t.id, t.list_id AS "listId", t.parent_id AS "parentId", t.position, t.version FROM tasks t
     WHERE t.user_id = $1 AND t.id = $2 AND t.deleted_at IS NULL`,
});

/** The place of a task that is not deleted. Lock the user first. */
export async function findTask(userId: string, id: string, query: RunQuery): Promise<TaskPlace | undefined> {
  const [place] = await query(statement, [userId, id]);
  return place;
}
