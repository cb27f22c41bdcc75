import type { Rows } from '@alice/db';
import type { Due } from './due/schemas.ts';
import type { Recurrence } from './recurrence/schemas.ts';
import type { TaskOut } from './schemas.ts';

type DueColumns = Pick<Rows['tasks'], 'dueDate' | 'dueTime' | 'dueTimeZone' | 'dueBy'>;

/** Later than every due date: tasks without a due date sort last. */
const never = '9999-12-31 23:59:59';

/** Converts a row to its wire form. */
export function toTask(row: Rows['tasks']): TaskOut {
  const recurrence = recurrenceOf(row);
  return {
    id: row.id,
    title: row.title,
    notes: row.notes,
    status: row.status,
    priority: row.priority,
    due: toDue(row),
    recurrence,
    planned: recurrence === null ? null : toPlanned(row, recurrence),
    deadline: row.deadline,
    deferUntil: row.deferUntil,
    estimateMinutes: row.estimateMinutes,
    listId: row.listId ?? row.userId,
    goalId: row.goalId,
    parentId: row.parentId,
    position: row.position,
    blockedBy: row.blockedBy,
    labels: row.labelIds,
    weight: row.weight,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    startedAt: row.startedAt,
    completedAt: row.completedAt,
    deletedAt: row.deletedAt,
  };
}

/** The recurrence of a row. The guarantee of the cast: only values that the schema made are written. */
export function recurrenceOf({ recurrence }: Pick<Rows['tasks'], 'recurrence'>): Recurrence | null {
  return recurrence as Recurrence | null;
}

function toPlanned({ plannedFor }: Pick<Rows['tasks'], 'plannedFor'>, { start }: Recurrence): TaskOut['planned'] {
  if (plannedFor === null) return null;
  const date = plannedFor.slice(0, 10);
  return start.time === undefined ? { date } : { date, time: plannedFor.slice(11, 16) };
}

export function toDue({ dueDate, dueTime, dueTimeZone }: DueColumns): TaskOut['due'] {
  if (dueDate === null) return null;
  if (dueTime === null) return { date: dueDate };
  const time = dueTime.slice(0, 5);
  return dueTimeZone === null ? { date: dueDate, time } : { date: dueDate, time, timeZone: dueTimeZone };
}

/** The column of a list: null is the Inbox, whose id is the id of the user. */
export function listColumn(userId: string, listId: string | undefined): string | null {
  return listId === undefined || listId === userId ? null : listId;
}

/** The columns of a due date. */
export function dueColumns(due: Due | null): DueColumns {
  if (due === null) return { dueDate: null, dueTime: null, dueTimeZone: null, dueBy: never };
  const { date, time, timeZone } = due;
  return {
    dueDate: date,
    dueTime: time ?? null,
    dueTimeZone: timeZone ?? null,
    dueBy: `${date} ${time === undefined ? '23:59:59' : `${time}:00`}`,
  };
}
