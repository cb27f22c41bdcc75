import { TaskPriority, TaskStatus } from '@alice/db/models';
import { z } from 'zod';
import { id, newId, rowId } from '../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../platform/schemas/paging.ts';
import { notes, text, title } from '../../platform/schemas/text.ts';
import { calendarDate, day, instant, zoneName } from '../../platform/schemas/time.ts';
import { expectedVersion, version } from '../../platform/schemas/version.ts';
import { due, dueMeta } from './due/schemas.ts';
import { planned, recurrence, recurrenceInput } from './recurrence/schemas.ts';

export const taskStatus = z
  .enum(TaskStatus)
  .meta({ id: 'TaskStatus', description: 'The status of a task.', examples: ['todo'] });
export const taskPriority = z
  .enum(TaskPriority)
  .meta({ id: 'TaskPriority', description: 'The priority of a task.', examples: ['high'] });

const fields = {
  title,
  notes,
  status: taskStatus,
  priority: taskPriority,
  due: due.nullable(),
  recurrence: recurrenceInput.nullable().describe('How the task repeats. It needs a due date.'),
  deadline: calendarDate
    .nullable()
    .describe('The last day on which the task can be completed in time. The due date is when you plan to do it.'),
  deferUntil: calendarDate.nullable().describe('The first day on which the task can be done.'),
  estimateMinutes: z.int().min(1).max(525_600).nullable(),
  listId: id.describe('The list that the task is in. The Inbox has the id of the user.'),
  goalId: id.nullable().describe('The goal that the task belongs to.'),
  labels: z
    .array(id)
    .max(20)
    .overwrite((ids) => [...new Set(ids)].sort())
    .describe('The ids of the labels that the task has.'),
  blockedBy: z
    .array(id)
    .max(20)
    .overwrite((ids) => [...new Set(ids)].sort())
    .describe('The ids of the tasks that must be done first.'),
  weight: z.number().min(0).max(1_000_000).describe('The weight of the task in the progress of its goal.'),
};

const ids = z.array(rowId).meta({ examples: [[]] });
const parent = rowId.nullable().meta({ examples: [null] });
const notYet = instant.nullable().meta({ examples: [null] });

export const task = z
  .object({
    id: rowId,
    title: z.string().meta({ examples: ['Pay the rent'] }),
    notes: z.string().meta({ description: 'Markdown.', examples: [''] }),
    status: taskStatus,
    priority: taskPriority,
    due: z
      .object({
        date: day,
        time: z
          .string()
          .meta({ examples: ['09:30'] })
          .optional(),
        timeZone: zoneName.optional(),
      })
      .meta({ id: 'Due', ...dueMeta })
      .nullable(),
    recurrence: recurrence.nullable(),
    planned: planned.nullable(),
    deadline: day.nullable().describe('The last day on which the task can be completed in time.'),
    deferUntil: day.nullable().describe('The first day on which the task can be done.'),
    estimateMinutes: z
      .number()
      .nullable()
      .meta({ examples: [30] }),
    listId: rowId.describe('The list that the task is in. The Inbox has the id of the user.'),
    goalId: rowId.nullable().describe('The goal that the task belongs to.'),
    parentId: parent.describe('The task that it is a part of; null at the top of its list.'),
    position: z.string().meta({
      description: 'The place among the tasks of its list: compare positions character by character.',
      examples: ['l000000000057'],
    }),
    blockedBy: ids.describe('The ids of the tasks that must be done first, sorted.'),
    labels: ids.describe('The ids of the labels that the task has, sorted.'),
    weight: z.number().meta({ description: 'The weight of the task in the progress of its goal.', examples: [1] }),
    version,
    createdAt: instant,
    updatedAt: instant,
    startedAt: notYet,
    completedAt: notYet,
    deletedAt: notYet,
  })
  .meta({ id: 'Task', description: 'A task.' });

const blocked = z.boolean().meta({ description: 'Whether a task of `blockedBy` is still open.', examples: [false] });
const count = z.int().meta({ examples: [0] });

export const listedTask = task.extend({ blocked }).meta({ id: 'ListedTask', description: 'A task in a list.' });

export const taskDetails = listedTask
  .extend({
    childCount: count.describe('The number of its subtasks, without their own subtasks.'),
    openChildCount: count.describe('How many of these are neither done nor cancelled.'),
  })
  .meta({ id: 'TaskDetails', description: 'A task, with what follows from other tasks.' });

export const exportedTask = task
  .omit({ due: true, labels: true, planned: true })
  .extend({
    labelIds: ids.describe('The labels that the task has.'),
    listId: rowId.nullable().describe('The list that the task is in; null: the Inbox.'),
    dueDate: day.nullable(),
    dueTime: z
      .string()
      .nullable()
      .meta({ description: 'Wall-clock time.', examples: ['09:30:00'] }),
    dueTimeZone: zoneName.nullable(),
    dueBy: z
      .string()
      .meta({ description: 'When the task is due, in wall-clock time.', examples: ['2026-12-01 09:30:00'] }),
    plannedFor: z
      .string()
      .nullable()
      .meta({
        description: 'The date of the schedule that the due date stands for, in wall-clock time.',
        examples: ['2026-12-01 00:00:00'],
      }),
  })
  .meta({ id: 'ExportedTask', description: 'A task with its stored fields.' });

export const createTaskInput = z
  .strictObject({
    id: newId.optional(),
    title: fields.title,
    notes: fields.notes.default(''),
    status: fields.status.default('todo'),
    priority: fields.priority.default('none'),
    due: fields.due.default(null),
    recurrence: fields.recurrence.default(null),
    deadline: fields.deadline.default(null),
    deferUntil: fields.deferUntil.default(null),
    estimateMinutes: fields.estimateMinutes.default(null),
    listId: fields.listId
      .optional()
      .describe('The list that the task is in. By default the list of its parent, or the Inbox.'),
    goalId: fields.goalId.default(null),
    parentId: id.nullable().default(null).describe('The task that it is a part of. It is then in the same list.'),
    blockedBy: fields.blockedBy.default([]),
    labels: fields.labels.default([]),
    weight: fields.weight.default(1),
  })
  .meta({ examples: [{ title: 'Pay the rent', priority: 'high', due: { date: '2026-12-01', time: '09:30' } }] });

export const updateTaskInput = z
  .strictObject({ id, expectedVersion, ...z.object(fields).partial().shape })
  .meta({ examples: [{ status: 'in_progress', estimateMinutes: 30 }] });

/** A task to act on. */
export const taskInput = z.strictObject({ id });
export const taskChangeInput = z.strictObject({ id, expectedVersion });

export const completeTaskInput = z
  .strictObject({
    id,
    expectedVersion,
    subtasks: z
      .enum(['keep', 'complete'])
      .default('keep')
      .describe('What happens to its open subtasks: they stay open, or are completed with it.'),
  })
  .meta({ examples: [{}] });

export const reorderTaskInput = z
  .strictObject({
    id,
    expectedVersion,
    after: id
      .nullable()
      .describe('The task that it shall follow, of the same list and parent; null: it becomes the first.'),
  })
  .meta({ examples: [{ after: null }] });

export const moveTaskInput = z
  .strictObject({
    id,
    expectedVersion,
    parentId: id.nullable().describe('The task that it becomes a part of; null: none, at the top of its list.'),
    listId: id.optional().describe('The list to move to. By default the list of the parent, or the one it is in.'),
    after: id
      .nullable()
      .optional()
      .describe('The task that it shall follow there; null: it becomes the first. By default the last.'),
  })
  .meta({ examples: [{ parentId: null }] });

export const taskTree = z
  .object({
    tasks: z
      .array(
        taskDetails
          .extend({ depth: z.int().meta({ description: '0 for the first task, 1 for its subtasks …', examples: [0] }) })
          .meta({ id: 'TaskInTree', description: 'A task and its depth in a tree.' }),
      )
      .describe('The task itself, then its subtasks in their order, each followed by its own subtasks.'),
    hasMore: z.boolean().describe('Whether the tree has more than 500 tasks: then the deepest ones are left out.'),
  })
  .meta({ id: 'TaskTree', description: 'A task with all its subtasks.' });

export const unblockedTasks = z
  .object({
    tasks: z.array(task).describe('The oldest first.'),
    hasMore: z.boolean().describe('Whether there are more than 100.'),
  })
  .meta({ id: 'UnblockedTasks', description: 'Tasks that wait for one task only.' });

export const taskOrder = z.enum(['created', 'due', 'priority', 'position']);

const oneOrMore = <T extends z.ZodType>(item: T, most: number) => z.array(item).min(1).max(most);

export const listTasksInput = z
  .strictObject({
    status: oneOrMore(taskStatus, 4).optional().describe('Only tasks with one of these values.'),
    priority: oneOrMore(taskPriority, 5).optional().describe('Only tasks with one of these values.'),
    due: z
      .strictObject({ from: calendarDate.optional(), to: calendarDate.optional() })
      .optional()
      .describe('First and last due date, inclusive.'),
    availableOn: calendarDate
      .optional()
      .describe('Only tasks that can be done on this day: not deferred, or until then.'),
    listId: id.optional().describe('Only tasks of this list.'),
    goalId: id.optional().describe('Only tasks of this goal.'),
    labelId: id.optional().describe('Only tasks with this label.'),
    text: text(1, 200)
      .optional()
      .describe(
        'Text in the title or in the notes, case-insensitive. A search can return empty pages before the last one.',
      ),
    deleted: z.boolean().default(false).describe('Return deleted tasks instead of existing ones.'),
    order: taskOrder
      .default('created')
      .describe(
        'The sort order. Ties are sorted by age. Tasks without a due date sort last when ascending. `position` is the order ' +
          'of the user, for one list: it requires `listId`.',
      ),
    direction: z
      .enum(['asc', 'desc'])
      .optional()
      .describe('The sort direction. Default: newest first, earliest due date first, highest priority first.'),
    limit,
    cursor: cursor.optional(),
  })
  .refine(({ order, listId }) => order !== 'position' || listId !== undefined, {
    path: ['listId'],
    message: 'is required for the order by position',
  });

export const taskPage = page(listedTask);

export type CreateTaskInput = z.output<typeof createTaskInput>;
export type UpdateTaskInput = z.output<typeof updateTaskInput>;
export type TaskInput = z.output<typeof taskInput>;
export type TaskChangeInput = z.output<typeof taskChangeInput>;
export type ListTasksInput = z.output<typeof listTasksInput>;
export type CompleteTaskInput = z.output<typeof completeTaskInput>;
export type ReorderTaskInput = z.output<typeof reorderTaskInput>;
export type MoveTaskInput = z.output<typeof moveTaskInput>;
export type ListedTaskOut = z.input<typeof listedTask>;
export type TaskDetailsOut = z.input<typeof taskDetails>;
export type TaskTreeOut = z.input<typeof taskTree>;
export type UnblockedTasksOut = z.input<typeof unblockedTasks>;
/** A task in its wire form. */
export type TaskOut = z.input<typeof task>;
