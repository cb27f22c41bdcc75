import { type Rows, rowOf, type ShapeOf, types } from '@alice/db';
import { selectRow } from '../../platform/history/columns.ts';
import { tasks } from './entity.ts';
import type { ListedTaskOut, TaskDetailsOut } from './schemas.ts';
import { toTask } from './to-task.ts';

export type ListedTaskRow = Rows['tasks'] & { readonly blocked: boolean };
export type TaskDetailsRow = ListedTaskRow & { readonly childCount: number; readonly openChildCount: number };

export const listedShape: ShapeOf<ListedTaskRow> = { ...rowOf('tasks'), blocked: types.boolean };
export const detailsShape: ShapeOf<TaskDetailsRow> = {
  ...listedShape,
  childCount: types.number,
  openChildCount: types.number,
};

/** SQL: the columns of the task `alias`, and whether it waits for an open task. Tasks without blockers read nothing more. */
export function selectListed(alias: string): string {
  return `${selectRow(tasks, alias)},
    (${alias}.blocked_by <> '{}' AND EXISTS (
      SELECT FROM tasks b WHERE b.user_id = ${alias}.user_id AND b.id = ANY (${alias}.blocked_by)
         AND b.deleted_at IS NULL AND b.status NOT IN ('done', 'cancelled'))) AS blocked`;
}

/** The tasks of a table expression named `t`, with the counts of their subtasks, and further columns (", t.x"). */
export function selectDetails(from: string, further = ''): string {
  return `
    SELECT ${selectListed('t')}, c.*${further} FROM ${from} CROSS JOIN LATERAL (
      SELECT count(*)::int AS "childCount",
             (count(*) FILTER (WHERE k.status NOT IN ('done', 'cancelled')))::int AS "openChildCount"
        FROM tasks k WHERE k.user_id = t.user_id AND k.parent_id = t.id AND k.deleted_at IS NULL
    ) c`;
}

/** Converts a row to its wire form. */
export function toListedTask(row: ListedTaskRow): ListedTaskOut {
  return { ...toTask(row), blocked: row.blocked };
}

/** Converts a row to its wire form. */
export function toTaskDetails(row: TaskDetailsRow): TaskDetailsOut {
  return { ...toListedTask(row), childCount: row.childCount, openChildCount: row.openChildCount };
}
