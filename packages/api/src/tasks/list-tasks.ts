import type { Rows } from '@alice/db';
import { TaskPriority } from '@alice/db/models';
import { z } from 'zod';
import { selectRow, tasks } from '../changes/tables.ts';
import type { UserContext } from '../context.ts';
import { id } from '../shared/ids.ts';
import { decodeCursor, type Page, pageOf } from '../shared/keyset.ts';
import type { ListTasksInput, TaskOut } from './schemas.ts';
import { toTask } from './to-task.ts';

interface Order {
  readonly direction: 'asc' | 'desc';
  /** The columns that an index of the table holds in this order, and the type of each. */
  readonly columns: readonly (readonly [column: string, type: string])[];
  readonly position: (row: Rows['tasks']) => string[];
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
};

/** One page of the person's tasks, read along an index from where the last page ended (keyset paging). */
export async function listTasks(ctx: UserContext, input: ListTasksInput): Promise<Page<TaskOut>> {
  const order = orders[input.order];
  const direction = input.direction ?? order.direction;
  const orderName = `${input.order}.${direction}`;
  const after = input.cursor === undefined ? undefined : decodeCursor(input.cursor, orderName, order.shape);
  const { statement, values } = listStatement(ctx.user.id, { ...input, direction }, after);
  const rows = await ctx.deps.db.query<Rows['tasks']>(statement, values);
  return pageOf(rows, input.limit, toTask, (last) => ({ order: orderName, values: order.position(last) }));
}

const selectTasks = `SELECT ${selectRow(tasks, 't')} FROM tasks t`;

type Directed = ListTasksInput & { readonly direction: 'asc' | 'desc' };

/** The shape of the input makes the statement; its name is that shape, so a shape is planned once per connection. */
function listStatement(userId: string, input: Directed, after: readonly string[] | undefined) {
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
  if (input.goalId) add('goal', `t.goal_id = ${param(input.goalId)}::uuid`);
  if (input.due) add('due', `t.due_date IS NOT NULL`);
  if (input.due?.from) add('from', `t.due_by >= ${param(input.due.from)}::date`);
  if (input.due?.to) add('to', `t.due_by < ${param(input.due.to)}::date + 1`);
  if (input.text) {
    const pattern = param(`%${input.text.replace(/[\\%_]/g, '\\$&')}%`);
    add('text', `(t.title ILIKE ${pattern} OR t.notes ILIKE ${pattern})`);
  }

  const { columns } = orders[input.order];
  const names = columns.map(([column]) => `t.${column}`);
  if (after) {
    const comparison = input.direction === 'asc' ? '>' : '<';
    const point = columns.map(([, type], index) => `${param(after[index])}::${type}`);
    add('after', `(${names.join(', ')}) ${comparison} (${point.join(', ')})`);
  }
  const text = `${selectTasks} WHERE ${conditions.join(' AND ')}
    ORDER BY ${names.map((name) => `${name} ${input.direction}`).join(', ')} LIMIT ${param(input.limit + 1)}`;
  return { statement: { name: nameFor(shape.join('.')), text }, values };
}

const names = new Map<string, string>();

/** A name for each shape: PostgreSQL cuts names after 63 bytes, so the shape itself would be too long. */
function nameFor(shape: string): string {
  const name = names.get(shape) ?? `tasks.list.${names.size + 1}`;
  names.set(shape, name);
  return name;
}
