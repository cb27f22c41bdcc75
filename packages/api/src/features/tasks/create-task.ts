import type { Rows } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import type { UserContext } from '../../context.ts';
import { invalid, notFound } from '../../errors/domain-error.ts';
import { createRow } from '../../platform/history/create-rows.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import type { ChangeContext } from '../../platform/history/write-context.ts';
import { tasks } from './entity.ts';
import { findTask } from './find-task.ts';
import { toColumns } from './recurrence/to-columns.ts';
import { refuseStructure } from './refuse-structure.ts';
import type { CreateTaskInput, TaskOut } from './schemas.ts';
import { dueColumns, listColumn, toTask } from './to-task.ts';

/**
 * Creates a task, as the last one of its list or of its parent. Throws CONFLICT if the client's id is taken or the tree
 * would be too deep, NOT_FOUND if there is no such list, goal, label, parent or blocker.
 */
export async function createTask(ctx: UserContext, input: CreateTaskInput): Promise<TaskOut> {
  const { listId, parentId } = input;
  if (parentId === null) return toTask(await insertTask(ctx, input, listColumn(ctx.user.id, listId)));
  return ctx.deps.db.transaction(async ({ query }) => {
    await lockPerson(ctx.user.id, query);
    const parent = await findTask(ctx.user.id, parentId, query);
    if (parent === undefined) throw notFound('task', 'parentId');
    if (listId !== undefined && listColumn(ctx.user.id, listId) !== parent.listId) {
      throw invalid('listId', 'must be the list of the parent');
    }
    return toTask(await insertTask({ ...ctx, query }, input, parent.listId).catch(refuseStructure));
  });
}

function insertTask(ctx: ChangeContext, input: CreateTaskInput, listId: string | null): Promise<Rows['tasks']> {
  const { id, due, recurrence, labels, ...fields } = input;
  return createRow(ctx, tasks, {
    ...fields,
    ...dueColumns(due),
    ...toColumns(recurrence, due),
    id: id ?? uuidv7(),
    listId,
    labelIds: labels,
    startedAt: null,
    completedAt: null,
    deletedAt: null,
  });
}
