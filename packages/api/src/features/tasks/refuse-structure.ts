import { databaseFault } from '@alice/db';
import { DomainError } from '../../errors/domain-error.ts';

/** What the checks of the database say, by constraint: the field, and the message. */
const refusals: Readonly<Record<string, readonly [path: string, message: string]>> = {
  tasks_cycle_check: ['parentId', 'A task cannot be a part of itself or of one of its subtasks'],
  tasks_depth_check: ['parentId', 'Tasks can be nested 5 levels deep'],
  tasks_parent_check: ['parentId', 'The parent of the task is deleted'],
  tasks_parent_list_check: ['listId', 'Subtasks are in the list of their parent: use tasks.move for both'],
  tasks_blocked_by_check: ['blockedBy', 'A task cannot wait for itself, or for a task that waits for it'],
};

/** Throws CONFLICT if a rule of trees or dependencies was broken; else the error itself. For `catch`. */
export function refuseStructure(error: unknown): never {
  const fault = databaseFault(error);
  const refusal = fault?.kind === 'check' && fault.constraint !== null ? refusals[fault.constraint] : undefined;
  if (refusal === undefined) throw error;
  const [path, message] = refusal;
  throw new DomainError('CONFLICT', message, { errors: [{ path, message }], cause: error });
}
