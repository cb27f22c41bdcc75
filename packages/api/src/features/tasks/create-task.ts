import { v7 as uuidv7 } from 'uuid';
import type { UserContext } from '../../context.ts';
import { createRow } from '../../platform/history/create-rows.ts';
import { tasks } from './entity.ts';
import type { CreateTaskInput, TaskOut } from './schemas.ts';
import { dueColumns, listColumn, toTask } from './to-task.ts';

/** Creates a task. Throws CONFLICT if the client's id is taken, NOT_FOUND if there is no such list, goal or label. */
export async function createTask(ctx: UserContext, input: CreateTaskInput): Promise<TaskOut> {
  const { id, due, listId, labels, ...fields } = input;
  const row = await createRow(ctx, tasks, {
    ...fields,
    ...dueColumns(due),
    id: id ?? uuidv7(),
    listId: listColumn(ctx.user.id, listId),
    labelIds: labels,
    startedAt: null,
    completedAt: null,
    deletedAt: null,
  });
  return toTask(row);
}
