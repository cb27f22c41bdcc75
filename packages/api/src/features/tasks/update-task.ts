import { databaseFault, type Rows } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { invalid, notFound } from '../../errors/domain-error.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { type UpdatedRow, updateRow } from '../../platform/history/update-rows.ts';
import { writeGroup } from '../../platform/history/write-context.ts';
import type { Due } from './due/schemas.ts';
import { tasks } from './entity.ts';
import { findTask } from './get-task.ts';
import { completeOccurrence } from './recurrence/complete-occurrence.ts';
import { isPlain, mustMoveOn } from './recurrence/is-recurring.ts';
import { toColumns } from './recurrence/to-columns.ts';
import { refuseStructure } from './refuse-structure.ts';
import type { TaskOut, UpdateTaskInput } from './schemas.ts';
import { dueColumns, listColumn, toDue, toTask } from './to-task.ts';

/**
 * Updates the given fields. The status `done` completes a task: a recurring one moves to its next date. Throws NOT_FOUND
 * (for the task, its list, its goal, a label or a blocker), STALE_VERSION, VALIDATION_FAILED for a recurrence that does
 * not fit, and CONFLICT if a subtask or its parent would be in another list, or tasks would wait for each other.
 */
export async function updateTask(ctx: UserContext, input: UpdateTaskInput): Promise<TaskOut> {
  if (input.status !== 'done' || input.recurrence === null) return toTask(await writeFields(ctx, input));
  if (input.recurrence === undefined) {
    const row = await writeFields(ctx, input, isPlain);
    if (!mustMoveOn(row)) return toTask(row);
  }
  return writeGroup(ctx, async (group) => {
    const row = await writeFields(group, { ...input, status: undefined });
    return toTask(mustMoveOn(row) ? await completeOccurrence(group, { id: input.id, outcome: 'done' }) : row);
  });
}

type Fields = Omit<UpdateTaskInput, 'status'> & { readonly status?: UpdateTaskInput['status'] };

async function writeFields(
  ctx: UserContext,
  input: Fields,
  onlyIf?: typeof isPlain,
): Promise<UpdatedRow<typeof tasks>> {
  const { id, expectedVersion, due, listId, labels, recurrence, ...fields } = input;
  const set = {
    ...fields,
    labelIds: labels,
    ...(due === undefined ? {} : dueColumns(due)),
    ...(listId === undefined ? {} : { listId: listColumn(ctx.user.id, listId) }),
  };
  const change = { id, action: 'update', onlyIf, expectedVersion } as const;
  if (recurrence === undefined) return updateRow(ctx, tasks, { ...change, set }).catch(explain);
  if (recurrence === null || due !== undefined) {
    const columns = toColumns(recurrence, due ?? null);
    return updateRow(ctx, tasks, { ...change, set: { ...set, ...columns } }).catch(explain);
  }
  // The schedule starts with the due date that the task has.
  return ctx.deps.db.transaction(async ({ query }) => {
    await lockPerson(ctx.user.id, query);
    const [row] = await query(findTask, [ctx.user.id, id]);
    if (row === undefined) throw notFound('task');
    const columns = toColumns(recurrence, dueOf(row));
    return updateRow({ ...ctx, query }, tasks, { ...change, set: { ...set, ...columns } }).catch(explain);
  });
}

/** The guarantee of the cast: both have the same fields. */
const dueOf = (row: Rows['tasks']): Due | null => toDue(row) as Due | null;

/** The database refuses to take the due date from a recurring task. */
function explain(error: unknown): never {
  const fault = databaseFault(error);
  if (fault?.kind === 'check' && fault.constraint === 'tasks_recurrence_check') {
    throw invalid('due', 'is required for a recurrence');
  }
  return refuseStructure(error);
}
