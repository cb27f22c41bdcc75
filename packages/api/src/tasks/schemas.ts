import { TaskPriority, TaskStatus } from '@alice/db/models';
import { z } from 'zod';
import { id, newId } from '../shared/ids.ts';
import { cursor, limit, page } from '../shared/paging.ts';
import { notes, text, title } from '../shared/text.ts';
import { calendarDate, instant, timeZone, wallTime } from '../shared/time.ts';
import { expectedVersion, version } from '../shared/version.ts';

export const taskStatus = z.enum(TaskStatus);
export const taskPriority = z.enum(TaskPriority);

/** A day, or a wall-clock time on it; without `timeZone` the time follows the person. */
export const due = z
  .strictObject({
    date: calendarDate,
    time: wallTime.optional(),
    timeZone: timeZone.optional(),
  })
  .refine((value) => value.timeZone === undefined || value.time !== undefined, {
    path: ['timeZone'],
    message: 'needs a time',
  });

const fields = {
  title,
  notes,
  status: taskStatus,
  priority: taskPriority,
  due: due.nullable(),
  estimateMinutes: z.int().min(1).max(525_600).nullable(),
  goalId: id.nullable(),
  weight: z.number().min(0).max(1_000_000),
};

export const task = z.object({
  id: z.string(),
  title: z.string(),
  notes: z.string(),
  status: taskStatus,
  priority: taskPriority,
  due: z.object({ date: z.string(), time: z.string().optional(), timeZone: z.string().optional() }).nullable(),
  estimateMinutes: z.number().nullable(),
  goalId: z.string().nullable(),
  weight: z.number(),
  version,
  createdAt: instant,
  updatedAt: instant,
  startedAt: instant.nullable(),
  completedAt: instant.nullable(),
  deletedAt: instant.nullable(),
});

export const createTaskInput = z.strictObject({
  id: newId.optional(),
  title: fields.title,
  notes: fields.notes.default(''),
  status: fields.status.default('todo'),
  priority: fields.priority.default('none'),
  due: fields.due.default(null),
  estimateMinutes: fields.estimateMinutes.default(null),
  goalId: fields.goalId.default(null),
  weight: fields.weight.default(1),
});

export const updateTaskInput = z.strictObject({ id, expectedVersion, ...z.object(fields).partial().shape });

/** A task to act on. */
export const taskInput = z.strictObject({ id });
export const taskChangeInput = z.strictObject({ id, expectedVersion });

export const taskOrder = z.enum(['created', 'due', 'priority']);

const oneOrMore = <T extends z.ZodType>(item: T, most: number) => z.array(item).min(1).max(most);

export const listTasksInput = z.strictObject({
  status: oneOrMore(taskStatus, 4).optional(),
  priority: oneOrMore(taskPriority, 5).optional(),
  /** First and last day, inclusive. */
  due: z.strictObject({ from: calendarDate.optional(), to: calendarDate.optional() }).optional(),
  goalId: id.optional(),
  /** Text that the title or the notes contain, in any case. */
  text: text(1, 200).optional(),
  /** Deleted tasks instead of live ones. */
  deleted: z.boolean().default(false),
  /** Ties are broken by age; tasks with nothing due stand at the end of time. */
  order: taskOrder.default('created'),
  /** Newest first, soonest due first, most urgent first unless told. */
  direction: z.enum(['asc', 'desc']).optional(),
  limit,
  cursor: cursor.optional(),
});

export const taskPage = page(task);

export type Due = z.output<typeof due>;
export type CreateTaskInput = z.output<typeof createTaskInput>;
export type UpdateTaskInput = z.output<typeof updateTaskInput>;
export type TaskInput = z.output<typeof taskInput>;
export type TaskChangeInput = z.output<typeof taskChangeInput>;
export type ListTasksInput = z.output<typeof listTasksInput>;
/** A task as it goes over the wire. */
export type TaskOut = z.input<typeof task>;
