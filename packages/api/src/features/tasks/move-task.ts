import { type RunQuery, sql } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { invalid, notFound } from '../../errors/domain-error.ts';
import { updateRow, updateRows } from '../../platform/history/update-rows.ts';
import { writeGroup } from '../../platform/history/write-context.ts';
import { positionOfNumber } from '../../platform/order/position.ts';
import { tasks } from './entity.ts';
import { findSubtasks } from './find-subtasks.ts';
import { findTask, type TaskPlace } from './find-task.ts';
import { placeAfter, type Siblings } from './places.ts';
import { refuseStructure } from './refuse-structure.ts';
import type { MoveTaskInput, TaskOut } from './schemas.ts';
import { listColumn, toTask } from './to-task.ts';

const findList = sql({
  name: 'tasks.findList',
  text: 'SELECT FROM lists WHERE user_id = $1 AND id = $2 AND deleted_at IS NULL',
});

/**
 * Moves a task with its subtasks to another parent, list or place, as a group. Throws NOT_FOUND (for the task, its new
 * parent, list or neighbour), STALE_VERSION, VALIDATION_FAILED if the list is not that of the parent, and CONFLICT for a
 * cycle, a tree of more than 5 levels, or more than 2,000 subtasks that change their list.
 */
export function moveTask(ctx: UserContext, input: MoveTaskInput): Promise<TaskOut> {
  const { id, after, expectedVersion } = input;
  return writeGroup(ctx, async (group) => {
    const { query } = group.deps.db;
    const task = await findTask(ctx.user.id, id, query);
    if (task === undefined) throw notFound('task');
    if (expectedVersion !== undefined && expectedVersion !== task.version) {
      // Throws STALE_VERSION, before anything is said about a place that the client may not have meant.
      const set = { parentId: input.parentId, listId: listColumn(ctx.user.id, input.listId) };
      await updateRow(group, tasks, { id, action: 'move', set, expectedVersion });
    }
    const target = await findTarget(ctx.user.id, input, task, query);
    const isInPlace = target.listId === task.listId && target.parentId === task.parentId;
    let position: string | undefined;
    if (after !== undefined) {
      const place = after === null ? null : await findTask(ctx.user.id, after, query);
      const isThere = place === null || (place?.listId === target.listId && place.parentId === target.parentId);
      if (place === undefined || !isThere || (place?.id === id && !isInPlace)) throw notFound('task', 'after');
      position = await placeAfter(group, target, place, id);
    } else if (!isInPlace) {
      position = positionOfNumber(group.group);
    }
    const change = { id, set: { ...target, position }, expectedVersion };
    if (target.listId === task.listId) {
      return toTask(await updateRow(group, tasks, { ...change, action: 'move' }).catch(refuseStructure));
    }
    // One statement: in between, some of them would be in another list than their parents.
    const subtasks = await findSubtasks(ctx.user.id, id, query);
    const updates = [change, ...subtasks.map((subtask) => ({ id: subtask.id, set: { listId: target.listId } }))];
    const [row] = await updateRows(group, tasks, updates, { action: 'move' }).catch(refuseStructure);
    if (row === undefined) throw notFound('task');
    return toTask(row);
  });
}

async function findTarget(userId: string, input: MoveTaskInput, task: TaskPlace, query: RunQuery): Promise<Siblings> {
  const { parentId } = input;
  const listId = input.listId === undefined ? undefined : listColumn(userId, input.listId);
  if (parentId === null) {
    const isThere = listId == null || (await query(findList, [userId, listId])).length > 0;
    if (!isThere) throw notFound('list', 'listId');
    return { parentId, listId: listId === undefined ? task.listId : listId };
  }
  const parent = await findTask(userId, parentId, query);
  if (parent === undefined) throw notFound('task', 'parentId');
  if (listId !== undefined && listId !== parent.listId) {
    const isThere = listId === null || (await query(findList, [userId, listId])).length > 0;
    throw isThere ? invalid('listId', 'must be the list of the parent') : notFound('list', 'listId');
  }
  return { parentId, listId: parent.listId };
}
