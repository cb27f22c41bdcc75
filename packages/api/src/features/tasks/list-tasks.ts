import { type Statement, sqlFamily, types } from '@alice/db';
import { TaskPriority } from '@alice/db/models';
import { z } from 'zod';
import type { UserContext } from '../../context.ts';
import { id } from '../../platform/schemas/ids.ts';
import { decodeCursor, encodeCursor, type Page, pageOf } from '../../platform/schemas/keyset.ts';
import { fullPageCharacters } from '../../platform/schemas/paging.ts';
import type { ListedTaskOut, ListTasksInput } from './schemas.ts';
import { searchTasks } from './search-tasks.ts';
import { type ListedTaskRow, listedShape, selectListed, toListedTask } from './select-details.ts';
import { nameFor, type TaskPosition, type TaskSelection } from './task-selection.ts';

interface Order {
  readonly direction: 'asc' | 'desc';
  /** The columns of an index of the table, in its order, each with its type. */
  readonly columns: readonly (readonly [column: string, type: string])[];
  readonly position: (row: TaskPosition) => string[];
  readonly shape: z.ZodType<readonly string[]>;
}

const wireInstant = z.iso.datetime({ precision: 3 });

const orders: Readonly<Record<ListTasksInput['order'], Order>> = {
  created: {
    direction: 'desc',
    columns: [
      ['created_at', 'timestamptz'],
      ['id', 'uuid'],
    ],
    position: (row) => [row.createdAt, row.id],
    shape: z.tuple([wireInstant, id]),
  },
  due: {
    direction: 'asc',
    columns: [
      ['due_by', 'timestamp'],
      ['id', 'uuid'],
    ],
    position: (row) => [row.dueBy, row.id],
    shape: z.tuple([z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/), id]),
  },
  priority: {
    direction: 'desc',
    columns: [
      ['priority', 'task_priority'],
      ['created_at', 'timestamptz'],
      ['id', 'uuid'],
    ],
    position: (row) => [row.priority, row.createdAt, row.id],
    shape: z.tuple([z.enum(TaskPriority), wireInstant, id]),
  },
  position: {
    direction: 'asc',
    columns: [
      ['position', 'text COLLATE "C"'],
      ['id', 'uuid'],
    ],
    position: (row) => [row.position, row.id],
    shape: z.tuple([z.string().regex(/^[0-9A-Za-z]+$/), id]),
  },
};

/** One page of the user's tasks, read along an index from the end of the last page (keyset pagination). */
export async function listTasks(ctx: UserContext, input: ListTasksInput): Promise<Page<ListedTaskOut>> {
  const order = orders[input.order];
  const direction = input.direction ?? order.direction;
  const orderName = `${input.order}.${direction}`;
  const after = input.cursor === undefined ? undefined : decodeCursor(input.cursor, orderName, order.shape);
  const { text } = input;
  const selectAfter = (point: readonly string[] | undefined) =>
    selectionOf(ctx.user.id, { ...input, direction }, point);
  const positionOf = (row: TaskPosition) => ({ order: orderName, values: order.position(row) });
  if (text !== undefined) {
    const first = selectAfter(after);
    const onwards = (row: TaskPosition) => selectAfter(order.position(row));
    const { rows, stoppedAt } = await searchTasks(ctx, { text, limit: input.limit, first, onwards });
    const page = pageOf(rows, input.limit, toListedTask, positionOf);
    return page.nextCursor === null && stoppedAt !== null
      ? { ...page, nextCursor: encodeCursor(positionOf(stoppedAt)) }
      : page;
  }
  const { statement, values } = pageStatement(selectAfter(after), input.limit);
  const rows = await ctx.deps.db.query<PageRow>(statement, values);
  return pageOf(rows, input.limit, toListedTask, positionOf, rows[0]?.found);
}

type PageRow = ListedTaskRow & { readonly found?: number };

type Directed = ListTasksInput & { readonly direction: 'asc' | 'desc' };

/** The shape of the input determines the statement and its name, so each shape is planned once per connection. */
export function selectionOf(userId: string, input: Directed, after: readonly string[] | undefined): TaskSelection {
  const values: unknown[] = [userId];
  const shape: string[] = [input.order, input.direction];
  const conditions = ['t.user_id = $1', input.deleted ? 't.deleted_at IS NOT NULL' : 't.deleted_at IS NULL'];
  const param = (value: unknown) => `$${values.push(value)}`;
  const add = (mark: string, condition: string) => {
    shape.push(mark);
    conditions.push(condition);
  };

  if (input.deleted) shape.push('deleted');
  if (input.status?.length === 1) add('status', `t.status = ${param(input.status[0])}::task_status`);
  else if (input.status) add('statuses', `t.status = ANY (${param(input.status)}::task_status[])`);
  if (input.priority) add('priorities', `t.priority = ANY (${param(input.priority)}::task_priority[])`);
  if (input.listId === userId) add('inbox', 't.list_id IS NULL');
  else if (input.listId) add('list', `t.list_id = ${param(input.listId)}::uuid`);
  if (input.goalId) add('goal', `t.goal_id = ${param(input.goalId)}::uuid`);
  if (input.labelId) {
    const label = param(input.labelId);
    add('label', `t.id IN (SELECT l.task_id FROM task_labels l WHERE l.user_id = $1 AND l.label_id = ${label}::uuid)`);
  }
  if (input.availableOn) {
    add('available', `(t.defer_until IS NULL OR t.defer_until <= ${param(input.availableOn)}::date)`);
  }
  if (input.due) add('due', `t.due_date IS NOT NULL`);
  if (input.due?.from) add('from', `t.due_by >= ${param(input.due.from)}::date`);
  if (input.due?.to) add('to', `t.due_by < ${param(input.due.to)}::date + 1`);

  const { columns } = orders[input.order];
  const names = columns.map(([column]) => `t.${column}`);
  if (after) {
    const comparison = input.direction === 'asc' ? '>' : '<';
    const point = columns.map(([, type], index) => `${param(after[index])}::${type}`);
    add('after', `(${names.join(', ')}) ${comparison} (${point.join(', ')})`);
  }
  // PostgreSQL takes a column that IS NULL for no constant: only with it in the order is the index read in order.
  const sorted = input.order === 'position' ? ['t.list_id', ...names] : names;
  const order = sorted.map((name) => `${name} ${input.direction}`).join(', ');
  return { shape: shape.join('.'), where: conditions.join(' AND '), order, values };
}

/** More rows than this may be too large for one response, if all of them have the longest notes. */
const alwaysFit = 20;

const listed = sqlFamily('tasks.list');
const largePage = { ...listedShape, found: types.number };

export function pageStatement(
  { shape, where, order, values }: TaskSelection,
  limit: number,
): { readonly statement: Statement<PageRow>; readonly values: readonly unknown[] } {
  const last = `$${values.length + 1}`;
  if (limit <= alwaysFit) {
    const text = `SELECT ${selectListed('t')} FROM tasks t WHERE ${where} ORDER BY ${order} LIMIT ${last}`;
    return { statement: listed({ name: nameFor(shape), returns: listedShape, text }), values: [...values, limit + 1] };
  }
  // The length of a text is known without reading it.
  const text = `
    WITH page AS MATERIALIZED (
      SELECT t.*, row_number() OVER way AS place, sum(octet_length(t.notes)) OVER way - octet_length(t.notes) AS ahead
        FROM tasks t WHERE ${where} WINDOW way AS (ORDER BY ${order} ROWS UNBOUNDED PRECEDING)
       ORDER BY ${order} LIMIT ${last}
    )
    SELECT ${selectListed('t')}, (SELECT count(*) FROM page) AS found
      FROM page t WHERE t.ahead < ${fullPageCharacters} ORDER BY t.place`;
  return {
    statement: listed({ name: nameFor(`${shape}.large`), returns: largePage, text }),
    values: [...values, limit + 1],
  };
}
