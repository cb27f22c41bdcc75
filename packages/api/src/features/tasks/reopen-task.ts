import type { UserContext } from '../../context.ts';
import { condition } from '../../platform/history/condition.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { tasks } from './entity.ts';
import type { TaskChangeInput, TaskOut } from './schemas.ts';
import { toTask } from './to-task.ts';

const isClosed = condition('onlyIf', tasks, `(p.r).status IN ('done', 'cancelled')`);

/** Sets a done or cancelled task to `todo`; an open task stays unchanged. Throws NOT_FOUND and STALE_VERSION. */
export async function reopenTask(ctx: UserContext, { id, expectedVersion }: TaskChangeInput): Promise<TaskOut> {
  const row = await updateRow(ctx, tasks, {
    id,
    action: 'reopen',
    set: { status: 'todo' },
    onlyIf: isClosed,
    expectedVersion,
  });
  return toTask(row);
}
