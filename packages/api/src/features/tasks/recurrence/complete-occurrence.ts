import { type Rows, rowOf, sql, types } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import type { UserContext } from '../../../context.ts';
import { DomainError, notFound } from '../../../errors/domain-error.ts';
import { selectRow } from '../../../platform/history/columns.ts';
import { createRow } from '../../../platform/history/create-rows.ts';
import { type SetFields, updateRow } from '../../../platform/history/update-rows.ts';
import { addDays, daysBetween, type WallTime, wallTimeAt } from '../../../platform/runtime/zoned-time.ts';
import { tasks } from '../entity.ts';
import { dueColumns, recurrenceOf } from '../to-task.ts';
import { occurrences } from './entity.ts';
import { nextDate } from './next-date.ts';
import type { Recurrence } from './schemas.ts';
import { plannedColumn } from './to-columns.ts';

interface End {
  readonly id: string;
  readonly outcome: 'done' | 'skipped';
  readonly expectedVersion?: number | undefined;
}

const findTask = sql({
  name: 'tasks.findRecurring',
  returns: { ...rowOf('tasks'), userZone: types.text },
  text: `SELECT ${selectRow(tasks, 't')}, u.time_zone AS "userZone"
           FROM tasks t JOIN users u ON u.id = t.user_id
          WHERE t.user_id = $1 AND t.id = $2 AND t.deleted_at IS NULL`,
});

/** How many dates of the series were completed or skipped. */
const countPassed = sql({
  name: 'tasks.countPassed',
  returns: { count: types.number },
  text: `SELECT count(*)::int AS count FROM occurrences
          WHERE user_id = $1 AND task_id = $2 AND planned_date >= $3::date AND deleted_at IS NULL`,
});

/**
 * Records that the planned date of a recurring task was completed or skipped, and moves the task to its next date; after
 * the last one the task is done. Part of a group, so that one undo takes back both. Throws NOT_FOUND, STALE_VERSION, and
 * CONFLICT if the task does not repeat or is done.
 */
export async function completeOccurrence(
  group: UserContext & { readonly group: number },
  { id, outcome, expectedVersion }: End,
): Promise<Rows['tasks']> {
  const { query } = group.deps.db;
  // Changes nothing: a stale version comes before what else stands in the way.
  if (expectedVersion !== undefined) await updateRow(group, tasks, { id, action: 'update', set: {}, expectedVersion });
  const [task] = await query(findTask, [group.user.id, id]);
  if (task === undefined) throw notFound('task');
  const recurrence = recurrenceOf(task);
  if (recurrence === null || task.plannedFor === null) throw new DomainError('CONFLICT', 'The task does not repeat');
  if (task.status === 'done') throw new DomainError('CONFLICT', 'The last date of the task is done');

  const now = group.deps.clock.now();
  const timeZone = task.dueTimeZone ?? task.userZone;
  const planned = task.plannedFor.slice(0, 16).replace(' ', 'T');
  const passed = await passedBefore(group, id, recurrence);
  const isSkipped = outcome === 'skipped';
  const { next, missed } = nextDate(recurrence, { planned, now, timeZone, isSkipped, passed });
  const set = next === null ? ({ status: 'done' } as const) : moveTo(task, recurrence, next.at);
  const action = isSkipped ? 'skip' : 'complete';
  const moved = await updateRow(group, tasks, { id, action, set, expectedVersion });
  await createRow(group, occurrences, {
    id: uuidv7(),
    taskId: id,
    outcome,
    plannedDate: planned.slice(0, 10),
    plannedTime: recurrence.start.time === undefined ? null : `${planned.slice(11)}:00`,
    timeZone,
    completedAt: isSkipped ? null : now.toISOString(),
    doneOn: wallTimeAt(now, task.userZone).slice(0, 10),
    missedDates: [...missed],
    deletedAt: null,
  });
  return moved;
}

/** Dates of the series before this one; 0 where nothing counts them. */
export async function passedBefore(
  { deps, user }: UserContext,
  taskId: string,
  { anchor, rule, start }: Recurrence,
): Promise<number> {
  if (anchor === 'scheduled' || !rule.includes('COUNT=')) return 0;
  const [counted] = await deps.db.query(countPassed, [user.id, taskId, start.date]);
  return counted?.count ?? 0;
}

/** The fields of the task on another date of its schedule: what is as far from its due date as before moves along. */
function moveTo(task: Rows['tasks'], { start }: Recurrence, at: WallTime): SetFields<typeof tasks> {
  const date = at.slice(0, 10);
  const time = start.time === undefined ? undefined : at.slice(11);
  const days = task.dueDate === null ? 0 : daysBetween(task.dueDate, date);
  const later = (day: string | null) => (day === null ? null : addDays(day, days));
  const timeZone = time === undefined ? undefined : (task.dueTimeZone ?? undefined);
  return {
    ...dueColumns({ date, time, timeZone }),
    plannedFor: plannedColumn({ date, time }),
    deadline: later(task.deadline),
    deferUntil: later(task.deferUntil),
    status: 'todo',
    startedAt: null,
    completedAt: null,
  };
}
